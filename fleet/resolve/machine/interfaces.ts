/** The network interfaces of a device, with their defaults. */
import { knownMac } from "../../model/mac.ts";
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import type {
  InterfaceType,
  IpKey,
  IpMethod,
  IpSettings,
  NetworkInterface,
  Route,
} from "../../model/network-interface.ts";
import type { Inherited } from "./inherited.ts";

export type InterfacesInput = NonNullable<MachineInput["interfaces"]>;
type InterfaceInput = InterfacesInput[string];

/** Sorted by name. */
export function resolvedInterfaces(
  declared: Inherited<InterfacesInput>,
): readonly NetworkInterface[] {
  const { value } = declared;
  return Object.keys(value)
    .toSorted()
    .map((name) => resolved(declared, name, value[name] ?? {}));
}

function resolved(
  { value, secret }: Inherited<InterfacesInput>,
  name: string,
  input: InterfaceInput,
): NetworkInterface {
  const type = typeOf(input);
  const { macAddress, mtu, vlan, bond, bridge, wifi } = input;
  const controller = controllerOf(value, name);
  const { ssid = "", security = "wpa2", passphrase, hidden = false } = wifi ?? {};
  const reference =
    passphrase && secret([name, "wifi", "passphrase"], passphrase, "wifi-passphrase");
  return {
    name,
    type,
    ...(macAddress !== undefined && { macAddress: knownMac(macAddress).toUpperCase() }),
    ...(mtu !== undefined && { mtu }),
    ...(controller && { controller }),
    ipv4: ipSettings(input, "ipv4", controller !== undefined),
    ipv6: ipSettings(input, "ipv6", controller !== undefined),
    ...(type === "vlan" && { vlan: { id: vlan?.id ?? 0, parent: vlan?.parent ?? "" } }),
    ...(type === "bond" && {
      bond: {
        mode: bond?.mode ?? "active-backup",
        ports: bond?.ports ?? [],
        options: texts(bond?.options ?? {}),
      },
    }),
    ...(type === "bridge" && {
      bridge: { ports: bridge?.ports ?? [], stp: bridge?.stp ?? false },
    }),
    ...(type === "wifi" && {
      wifi: { ssid, security, ...(reference && { passphrase: reference }), hidden },
    }),
  };
}

function typeOf({ type = "ethernet" }: InterfaceInput): InterfaceType {
  return type;
}

/** The ports of a bond or a bridge. */
export function portsOf(input: InterfaceInput): readonly string[] {
  const type = typeOf(input);
  return type === "bond" || type === "bridge" ? (input[type]?.ports ?? []) : [];
}

function controllerOf(value: InterfacesInput, port: string): NetworkInterface["controller"] {
  for (const [name, input] of Object.entries(value)) {
    const type = typeOf(input);
    const isController = type === "bond" || type === "bridge";
    if (isController && portsOf(input).includes(port)) return { name, type };
  }
  return undefined;
}

function ipSettings(input: InterfaceInput, key: IpKey, isPort: boolean): IpSettings {
  const { method, addresses = [], gateway, routes = [], ...rest } = input[key] ?? {};
  const { dns = [], dnsSearch = [], routeMetric, ignoreAutoDns, neverDefault } = rest;
  return {
    method: isPort ? "disabled" : (method ?? defaultMethod(addresses)),
    addresses,
    ...(gateway !== undefined && { gateway }),
    dns,
    dnsSearch,
    routes: routes.map(({ to, via, metric }): Route => ({
      to,
      ...(via !== undefined && { via }),
      ...(metric !== undefined && { metric }),
    })),
    ...(routeMetric !== undefined && { routeMetric }),
    ...(ignoreAutoDns !== undefined && { ignoreAutoDns }),
    ...(neverDefault !== undefined && { neverDefault }),
  };
}

function defaultMethod(addresses: readonly string[]): IpMethod {
  return addresses.length > 0 ? "manual" : "auto";
}

function texts(options: Readonly<Record<string, string | number | undefined>>) {
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
}
