/**
 * What fleet.yaml says about a machine and its surroundings: the profile's settings, then the site's,
 * then the device's. Absent: it is not declared.
 */
import type { K3sNode } from "./k3s-node.ts";
import type { DataVolume } from "./disk.ts";
import type { NetworkInterface } from "./network-interface.ts";
import type { Proxy, TrustedFile } from "./proxy.ts";
import type { Registries } from "./registries.ts";
import type { SecretReference } from "./secret-reference.ts";

export interface Machine {
  /** Sorted by name. */
  readonly interfaces?: readonly NetworkInterface[];
  /** The K3s of the device. @default K3s' own settings */
  readonly k3s?: K3sNode;
  /** Names or addresses of NTP servers that replace those of Fedora CoreOS, in order. */
  readonly ntpServers?: readonly string[];
  /** A volume besides the root. */
  readonly data?: DataVolume;
  /** Sorted by name. */
  readonly users?: readonly User[];
  readonly proxy?: Proxy;
  /** Authorities that the device trusts besides the usual ones. */
  readonly trustedFiles?: readonly TrustedFile[];
  readonly gateway?: DialledGateway;
  readonly registries?: Registries;
}

/** Where a device dials its gateway. */
export interface DialledGateway {
  /** UDP port of the first gateway; null: that of the tunnel's endpoint. */
  readonly port: number | null;
  /** In the order in which they are tried; empty: that of the tunnel's endpoint. */
  readonly hosts: readonly string[];
}

/** A user of the operating system. */
export interface User {
  readonly name: string;
  /** OpenSSH public keys. */
  readonly sshKeys: readonly string[];
  /** For the console, as crypt(5) has it; null: no password. */
  readonly passwordHash: SecretReference | null;
  readonly groups: readonly string[];
}
