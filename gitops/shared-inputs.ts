/**
 * What the state repository depends on, except for the files of single devices and the lists of peers: so
 * those files are made again only when one of these values changes. A device's name and address are not among
 * them. Where several devices have the same values, they count once.
 */
import { fleetFacts, type Fleet } from "../fleet/model/fleet.ts";
import type { Device, Site } from "../fleet/model/device.ts";
import { workloadWithoutPlace } from "../fleet/model/places.ts";
import type { PublicKeys } from "../fleet/model/secrets.ts";
import { furtherPortsOf, gatewaysOf, isDialledByIpv6 } from "../fleet/rules/gateways.ts";
import { fleetHubSize, hubSize } from "../fleet/rules/hub-size.ts";

/** Plain data. */
export function sharedInputs(fleet: Fleet, publicKeys: PublicKeys): unknown {
  const { devices, workloads } = fleet;
  const { rootCertificate, hubStatement } = publicKeys;
  const sites = new Map(devices.map(({ site }): [string, Site] => [site.name, site]));
  return {
    facts: fleetFacts(fleet),
    workloads: workloads.map(workloadWithoutPlace),
    rootCertificate,
    hubStatement,
    // The number of devices matters in steps only.
    size: fleetHubSize(fleet),
    defaultSize: hubSize(devices.length, null),
    gateways: gatewaysOf(fleet).map((gateway) => [
      gateway,
      furtherPortsOf(fleet, gateway),
      isDialledByIpv6(fleet, gateway),
    ]),
    sites: [...sites.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    kinds: [...new Set(devices.map(kindOf))].toSorted(),
  };
}

/** What a rollout, a calendar or an upgrade looks at. */
function kindOf({ ring, site, connectivity, labels, machine }: Device): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([ring, site.name, connectivity, sorted, machine?.k3s?.nodeTaints ?? null]);
}
