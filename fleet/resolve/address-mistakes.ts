/** Ranges that overlap, and addresses that are used twice. */
import { valueAt } from "../grammar/check.ts";
import { isInNetwork, knownIp, knownNetwork, networksOverlap } from "../model/ip.ts";
import { k3sRanges } from "../model/k3s-node.ts";
import { isOneDevice } from "../model/names.ts";
import { cloudRules } from "./clouds.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Path, Source } from "../grammar/source.ts";

interface Named {
  readonly what: string;
  readonly text: string;
  /** Absent for a range that is not in the fleet file. */
  readonly path?: Path;
}

/**
 * Ranges in the same routing table must not overlap: the hub's ranges and the tunnel; on a device
 * the tunnel, the ranges of K3s and the site's network. Two sites may use the same range: they are
 * behind NAT. See node-network-mistakes.ts for ranges of K3s that the fleet file declares.
 */
export function rangeClashes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  const { nodes, pods, services, tunnel } = hubRanges(input);
  const hub = [nodes, pods, services, tunnel];
  const sites = Object.entries(input.sites).flatMap(([name, { network }]) =>
    network === undefined
      ? []
      : [{ name, ...named(`sites.${name}.network`, network, ["sites", name, "network"]) }],
  );
  const withDefaults = sitesWithDefaults(input, devices);
  const hubPairs = hub.flatMap((later, index) =>
    hub.slice(0, index).map((earlier) => [later, earlier] as const),
  );
  const devicePairs = [
    ...defaultRanges(withDefaults).map((other) => [tunnel, other] as const),
    ...sites.flatMap((site) =>
      [tunnel, ...defaultRanges(withDefaults, site.name)].map((other) => [site, other] as const),
    ),
  ];
  return [...hubPairs, ...devicePairs].flatMap(([a, b]) => clash(source, a, b));
}

/** The sites where a device has K3s' own range, by the purpose of the range. */
type SitesWithDefaults = Readonly<Record<"podRange" | "serviceRange", ReadonlySet<string>>>;

/** A site without devices, or whose devices have mistakes, has what it says itself. */
function sitesWithDefaults(
  { sites, profiles }: FleetInput,
  devices: readonly DeclaredDevice[],
): SitesWithDefaults {
  const used = new Set(devices.map(({ site }) => site.name));
  const having = (key: "podRange" | "serviceRange") =>
    new Set([
      ...devices.filter(({ machine }) => machine?.k3s?.[key] === undefined).map((d) => d.site.name),
      ...Object.entries(sites)
        .filter(([name]) => !used.has(name))
        .filter(([, { k3s, profile }]) => {
          const inherited = profile === undefined ? undefined : profiles[profile]?.k3s;
          return k3s?.[key] === undefined && inherited?.[key] === undefined;
        })
        .map(([name]) => name),
    ]);
  return { podRange: having("podRange"), serviceRange: having("serviceRange") };
}

/** K3s' own ranges, if a device of the site has them. @param site undefined: of any site */
function defaultRanges({ podRange, serviceRange }: SitesWithDefaults, site?: string): Named[] {
  const has = (names: ReadonlySet<string>) =>
    site === undefined ? names.size > 0 : names.has(site);
  return k3sDefaults(has(podRange), has(serviceRange));
}

function k3sDefaults(hasPods: boolean, hasServices: boolean): Named[] {
  return [
    ...(hasPods ? [named("K3s' pods on every device", k3sRanges.pods)] : []),
    ...(hasServices ? [named("K3s' services on every device", k3sRanges.services)] : []),
  ];
}

function named(what: string, text: string, path?: Path): Named {
  return path === undefined ? { what, text } : { what, text, path };
}

function clash(source: Source, a: Named, b: Named): Mistake[] {
  const overlap = networksOverlap(knownNetwork(a.text), knownNetwork(b.text));
  if (a.path === undefined || !overlap) return [];
  const message = `${a.text} overlaps ${b.what} (${b.text}). Write ranges that do not overlap.`;
  return [source.mistake(a.path, message)];
}

/** Direct addresses that two devices share, or at which the hub cannot reach the device. */
export function addressClashes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  const { nodes, pods, services, tunnel } = hubRanges(input);
  const { hasOwnNetwork } = cloudRules(input);
  const hub = [tunnel, ...(hasOwnNetwork ? [nodes] : []), pods, services];
  const holders = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const device of devices.toSorted((a, b) => a.order - b.order)) {
    const { name, address } = device;
    const place = address === undefined ? undefined : addressPlace(source, device);
    if (address === undefined || place === undefined) continue;
    // Resolved addresses have one spelling.
    const holder = holders.get(address);
    if (holder !== undefined) {
      const message = `${address} is already used by ${holder}. Write the address of ${name}.`;
      mistakes.push(source.mistake(place, message));
    }
    holders.set(address, name);
    // What a device routes by itself; declared ranges are in node-network-mistakes.ts.
    const { podRange, serviceRange } = device.machine?.k3s ?? {};
    const own = k3sDefaults(podRange === undefined, serviceRange === undefined);
    const inside = [...hub, ...own].find(({ text }) =>
      isInNetwork(knownNetwork(text), knownIp(address)),
    );
    if (inside !== undefined) {
      const message = `${address} is inside ${inside.what} (${inside.text}). Write the device's routable address.`;
      mistakes.push(source.mistake(place, message));
    }
  }
  return mistakes;
}

/** Where it is written; undefined if a range of devices shares it, which declared-devices.ts reports. */
function addressPlace(source: Source, { path }: DeclaredDevice): Path | undefined {
  const range = path.slice(0, 2);
  const own = [...path, "address"];
  if (path.length > range.length && valueAt(source.value, own) !== undefined) return own;
  return isOneDevice(String(range[1])) ? [...range, "address"] : undefined;
}

/** The ranges that the hub routes by itself. */
function hubRanges({ cloud, tunnel }: FleetInput) {
  const { nodes, pods, services } = cloud.network;
  return {
    nodes: named("cloud.network.nodes", nodes, ["cloud", "network", "nodes"]),
    pods: named("cloud.network.pods", pods, ["cloud", "network", "pods"]),
    services: named("cloud.network.services", services, ["cloud", "network", "services"]),
    tunnel: named("tunnel.range", tunnel.range, ["tunnel", "range"]),
  };
}
