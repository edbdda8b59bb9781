/** What is derived from the root key: for the state repository, and for each device's image. */
import type { OutsideSecrets } from "./secret-reference.ts";

/**
 * Public values derived from the root key for the state repository: the fleet's root certificate,
 * and WireGuard public keys in base64.
 */
export interface PublicKeys {
  /** The certificate with which the hub verifies every device's API server, as PEM. */
  readonly rootCertificate: string;
  /** By number of the gateway; only those in use. */
  readonly gateways: ReadonlyMap<number, string>;
  /** By device name; only devices that connect through the gateway. */
  readonly devices: ReadonlyMap<string, string>;
  /** The signature of the hub's statement in base64; null where no device needs it. */
  readonly hubStatement: string | null;
}

/** What devices know of one generation of the hub; all of it is public. */
export interface HubIdentity {
  readonly generation: number;
  /** The authority of its client certificates, as PEM. */
  readonly authority: string;
  /** WireGuard public key of the device's gateway in base64; null for a device without one. */
  readonly gatewayKey: string | null;
}

/** The secrets of one device. They go into its image and nowhere else. */
export interface DeviceSecrets {
  /** WireGuard private key in base64. */
  readonly wireguardPrivateKey: string;
  /** K3s cluster token. */
  readonly k3sToken: string;
  /** Certificates and keys as PEM, by file name under K3s' `server/tls`. */
  readonly authorities: ReadonlyMap<string, string>;
  /** The hub: its current generation, then those that may follow. */
  readonly hub: readonly [HubIdentity, ...HubIdentity[]];
  /** Those that the fleet file refers to. @default they were not read, and are empty */
  readonly outside?: OutsideSecrets;
}
