/** Labels of our own: on registrations for selecting, on applications and objects for finding. */

export const deviceLabel = "flotilla.dev/device";
export const siteLabel = "flotilla.dev/site";
export const ringLabel = "flotilla.dev/ring";
export const workloadLabel = "flotilla.dev/workload";
export const profileLabel = "flotilla.dev/profile";
export const architectureLabel = "flotilla.dev/architecture";
/** The name of the site's calendar, where K3s is upgraded. */
export const calendarLabel = "flotilla.dev/calendar";
/** Argo CD's project of the site's workloads, where it is another than `fleet`. */
export const projectLabel = "flotilla.dev/project";

/** Annotation of a registration: the fingerprint of the device's image. */
export const imageAnnotation = "flotilla.dev/image";
