/** Labels of our own: on registrations for selecting, on applications and objects for finding. */

export const deviceLabel = "flotilla.dev/device";
export const siteLabel = "flotilla.dev/site";
export const ringLabel = "flotilla.dev/ring";
export const workloadLabel = "flotilla.dev/workload";
