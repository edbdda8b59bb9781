/** Ranges that overlap, and addresses that are used twice. */
import { isInNetwork, knownIp, knownNetwork, networksOverlap } from "../model/ip.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Path, Source } from "../grammar/source.ts";

/** K3s' own defaults for every device's cluster (docs.k3s.io, `k3s server`). */
export const k3sNetwork = { pods: "10.42.0.0/16", services: "10.43.0.0/16" } as const;

interface Named {
  readonly what: string;
  readonly text: string;
  /** Absent for a range that is not in the fleet file. */
  readonly path?: Path;
}

/**
 * Ranges in the same routing table must not overlap: the hub's ranges and the tunnel; on a device
 * the tunnel, the ranges of K3s and the site's network. Two sites may use the same range: they are
 * behind NAT.
 */
export function rangeClashes(source: Source, input: FleetInput): Mistake[] {
  const { nodes, pods, services } = input.cloud.network;
  const tunnel = named("tunnel.range", input.tunnel.range, ["tunnel", "range"]);
  const hub = [
    named("cloud.network.nodes", nodes, ["cloud", "network", "nodes"]),
    named("cloud.network.pods", pods, ["cloud", "network", "pods"]),
    named("cloud.network.services", services, ["cloud", "network", "services"]),
    tunnel,
  ];
  const k3s = [
    named("K3s' pods on every device", k3sNetwork.pods),
    named("K3s' services on every device", k3sNetwork.services),
  ];
  const sites = Object.entries(input.sites).flatMap(([name, { network }]) =>
    network === undefined
      ? []
      : [named(`sites.${name}.network`, network, ["sites", name, "network"])],
  );
  const hubPairs = hub.flatMap((later, index) =>
    hub.slice(0, index).map((earlier) => [later, earlier] as const),
  );
  const devicePairs = [
    ...k3s.map((other) => [tunnel, other] as const),
    ...sites.flatMap((site) => [tunnel, ...k3s].map((other) => [site, other] as const)),
  ];
  return [...hubPairs, ...devicePairs].flatMap(([a, b]) => clash(source, a, b));
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

/** Direct addresses that two devices share, or that are inside the tunnel's range. */
export function addressClashes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  const tunnel = knownNetwork(input.tunnel.range);
  const holders = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const { name, address, path } of devices.toSorted((a, b) => a.order - b.order)) {
    // An address of a whole range of devices is reported by declared-devices.ts.
    if (address === undefined || path.at(-1) !== name) continue;
    const place = [...path, "address"];
    const holder = holders.get(address);
    if (holder !== undefined) {
      const message = `${address} is already used by ${holder}. Write the address of ${name}.`;
      mistakes.push(source.mistake(place, message));
    }
    holders.set(address, name);
    if (isInNetwork(tunnel, knownIp(address))) {
      const message = `${address} is inside tunnel.range (${input.tunnel.range}). Write the device's routable address.`;
      mistakes.push(source.mistake(place, message));
    }
  }
  return mistakes;
}
