/** What is declared about a device's machine, as rows of text. */
import { isMapping } from "../../fleet/model/values.ts";
import { count } from "../terminal/session.ts";
import type { ShownMachine } from "./shown-machine.ts";

export type Fact = readonly [label: string, text: string];

/** A setting without a row does not compile. */
type Rows = {
  readonly [Key in keyof ShownMachine]-?: (
    value: NonNullable<ShownMachine[Key]>,
  ) => readonly Fact[];
};

const rows: Rows = {
  interfaces: (interfaces) =>
    interfaces.map(({ name, type, ipv4, ipv6, ...link }) => {
      const families = `IPv4 ${familyText(ipv4)}, IPv6 ${familyText(ipv6)}`;
      return ["interface", [`${name} (${type}): ${families}`, ...words(link)].join("; ")];
    }),
  data: ({ path, disk, rootMiB, keep, filesystem }) => {
    const place =
      disk ??
      `the rest of the boot disk${rootMiB === null ? "" : `, after ${rootMiB} MiB of root`}`;
    const kept = keep ? "kept" : "ERASED";
    return [["data", `${path} (${filesystem}) on ${place}, ${kept} by the installation`]];
  },
  users: (users) =>
    users.map(({ name, sshKeys, passwordHash, groups }) => {
      const password = passwordHash === null ? "no password" : `password hash from ${passwordHash}`;
      const others = groups.length > 0 ? [`groups ${groups.join(", ")}`] : [];
      return [
        "user",
        `${name}: ${[count(sshKeys.length, "SSH key"), password, ...others].join("; ")}`,
      ];
    }),
  ntpServers: (servers) => [["time servers", servers.join(", ")]],
  proxy: ({ login, ...proxy }) => [
    ["proxy", [...words(proxy), ...(login === null ? [] : [`login from ${login}`])].join("; ")],
  ],
  trustedFiles: (files) => [["authorities", files.join(", ")]],
  // The endpoints with their port are in the row of the address.
  gateway: () => [],
  k3s: (k3s) => words(k3s).map((text) => ["K3s options", text]),
  registries: ({ mirrors, hosts }) => [
    ...mirrors.map(({ registry, ...mirror }): Fact => {
      return ["registry", [`${registry}`, ...words(mirror)].join("; ")];
    }),
    ...hosts.map(({ host, ...settings }): Fact => {
      return ["registry host", [host, ...words(settings)].join("; ")];
    }),
  ],
};

export function machineFacts(machine: ShownMachine): readonly Fact[] {
  const keys = Object.keys(rows) as (keyof Rows)[];
  return keys.flatMap((key) => {
    const rowsOf = rows[key] as (value: unknown) => readonly Fact[];
    return machine[key] === undefined ? [] : rowsOf(machine[key]);
  });
}

type Family = NonNullable<ShownMachine["interfaces"]>[number]["ipv4"];

function familyText({ method, addresses, gateway, ...others }: Family): string {
  const via = gateway === undefined ? [] : [`via ${gateway}`];
  const more = words(others);
  return [
    addresses.join(", ") || method,
    ...via,
    ...(more.length > 0 ? [`(${more.join("; ")})`] : []),
  ].join(" ");
}

/** `mtu 9000`, `vlan: id 20, parent eno1` for every value that says something. */
export function words(values: object): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const text = textOf(value);
    if (text === "") return [];
    return [value === true ? key : `${key}${isMapping(value) ? ":" : ""} ${text}`];
  });
}

function textOf(value: unknown): string {
  if (value === undefined || value === null || value === false) return "";
  if (Array.isArray(value)) {
    return value
      .map((item) => (isMapping(item) ? `(${words(item).join(" ")})` : String(item)))
      .join(", ");
  }
  return isMapping(value) ? words(value).join(", ") : String(value);
}
