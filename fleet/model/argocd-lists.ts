/**
 * Lists in the values of Argo CD's chart that get Flotilla's elements and the operator's. Without Flotilla's, Argo CD
 * reaches no device.
 */
export const neededLists: readonly (readonly string[])[] = [
  ["extraObjects"],
  ["controller", "volumes"],
  ["controller", "volumeMounts"],
  ["server", "volumes"],
  ["server", "volumeMounts"],
];
