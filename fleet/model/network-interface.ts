/** The network interfaces of a device, and how they get their addresses. */
import type { BondMode } from "./bond-options.ts";
import type { SecretReference } from "./secret-reference.ts";

export const interfaceTypes = ["ethernet", "vlan", "bond", "bridge", "wifi"] as const;

export type InterfaceType = (typeof interfaceTypes)[number];

export const ipMethods = {
  ipv4: ["auto", "manual", "link-local", "disabled"],
  ipv6: ["auto", "dhcp", "manual", "link-local", "disabled"],
} as const;

export type IpKey = keyof typeof ipMethods;

export type IpMethod = (typeof ipMethods)[IpKey][number];

export interface Route {
  /** In CIDR form. */
  readonly to: string;
  /** @default on the link itself */
  readonly via?: string;
  readonly metric?: number;
}

/** One family of an interface, in NetworkManager's terms. */
export interface IpSettings {
  readonly method: IpMethod;
  /** With prefix lengths, `10.1.0.5/24`. */
  readonly addresses: readonly string[];
  readonly gateway?: string;
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly routes: readonly Route[];
  readonly routeMetric?: number;
  readonly ignoreAutoDns?: boolean;
  readonly neverDefault?: boolean;
}

export interface NetworkInterface {
  /** At most 15 letters. That of a kernel's interface, except for `macAddress`. */
  readonly name: string;
  readonly type: InterfaceType;
  /** The interface is the one with this address, `52:54:00:12:34:56`, whatever its name. */
  readonly macAddress?: string;
  readonly mtu?: number;
  /** The bond or the bridge that it is a port of: it has no addresses then. */
  readonly controller?: { readonly name: string; readonly type: "bond" | "bridge" };
  readonly ipv4: IpSettings;
  readonly ipv6: IpSettings;
  readonly vlan?: { readonly id: number; readonly parent: string };
  readonly bond?: {
    readonly mode: BondMode;
    readonly ports: readonly string[];
    readonly options: Readonly<Record<string, string>>;
  };
  readonly bridge?: { readonly ports: readonly string[]; readonly stp: boolean };
  readonly wifi?: {
    readonly ssid: string;
    readonly security: WifiSecurity;
    /** Absent for an open network. */
    readonly passphrase?: SecretReference;
    readonly hidden: boolean;
  };
}

/** The name that the kernel has for an interface; undefined if it is found by its address. */
export function kernelName({
  name,
  macAddress,
}: Pick<NetworkInterface, "name" | "macAddress">): string | undefined {
  return macAddress === undefined ? name : undefined;
}

export const wifiSecurities = ["wpa2", "wpa3", "open"] as const;

export type WifiSecurity = (typeof wifiSecurities)[number];
