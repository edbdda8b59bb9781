/** The entries of the fleet file that devices have their settings of. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Path } from "../grammar/source.ts";

type Entry =
  | FleetInput["profiles"][string]
  | FleetInput["sites"][string]
  | FleetInput["devices"][string]["overrides"][string];

/** Profiles, sites and devices, then the overrides of devices. */
export function entriesOf({ profiles, sites, devices }: FleetInput): readonly [Path, Entry][] {
  const found: [Path, Entry][] = [];
  for (const [section, entries] of Object.entries({ profiles, sites, devices })) {
    for (const [name, entry] of Object.entries<Entry>(entries)) {
      found.push([[section, name], entry]);
    }
  }
  for (const [name, { overrides }] of Object.entries(devices)) {
    for (const [device, entry] of Object.entries(overrides)) {
      found.push([["devices", name, "overrides", device], entry]);
    }
  }
  return found;
}
