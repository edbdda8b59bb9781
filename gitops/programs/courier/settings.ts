/** What the courier and the construct that deploys it agree on. */

/** The namespace on the hub that the courier may read, and nothing else. */
export const secretsNamespace = "fleet-secrets";

/** Label of a Secret in that namespace: its name on a device. */
export const secretLabel = "flotilla.dev/secret";

/** The settings file. It names no device, so one more device changes nothing in it. */
export interface CourierSettings {
  /** The root, in PEM, that every device's certificate is verified with. */
  readonly rootCertificate: string;
  readonly workloads: Readonly<Record<string, CourierWorkload>>;
}

export interface CourierWorkload {
  /** Labels of the devices that run it. */
  readonly selector: Readonly<Record<string, string>>;
  /** Names of its Secrets on a device, in the namespace of the workload's name. */
  readonly secrets: readonly string[];
}
