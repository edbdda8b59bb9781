/** The devices of a site that one medium can install: those of one architecture. */
import { installationOf } from "../../edge/installer/installation.ts";
import type { SiteMember } from "../../edge/installer/site-install.ts";
import type { Architecture, Device } from "../../fleet/model/device.ts";
import { selectDevices, type DeviceFilter } from "../project/device-selection.ts";
import type { Project } from "../project/project.ts";
import type { EdgeDeviceOf } from "./checked-devices.ts";

export interface SiteGroup {
  readonly site: string;
  readonly architecture: Architecture;
  readonly devices: readonly [Device, ...Device[]];
}

/** Which devices of a site a medium is for. */
export type SiteFilter = DeviceFilter & { readonly site: string };

/**
 * A group for each architecture, in the order of the fleet.
 *
 * @throws InputError if the site is unknown, or has none of the devices
 */
export function siteGroups(
  project: Pick<Project, "fleet">,
  fleetFile: string,
  filter: SiteFilter,
): readonly SiteGroup[] {
  const groups = new Map<Architecture, SiteGroup>();
  for (const device of selectDevices(project, fleetFile, filter)) {
    const { architecture } = device.profile;
    const others = groups.get(architecture)?.devices ?? [];
    const devices = [...others, device] as unknown as SiteGroup["devices"];
    groups.set(architecture, { site: filter.site, architecture, devices });
  }
  return [...groups.values()];
}

/** The devices with their secrets. */
export function membersOf(
  edgeDeviceOf: EdgeDeviceOf,
  { devices }: SiteGroup,
): readonly SiteMember[] {
  return devices.map((device) => {
    const { match, description } = device;
    return {
      installation: installationOf(edgeDeviceOf(device)),
      ...(match !== undefined && { match }),
      ...(description !== undefined && { description }),
    };
  });
}

/** What a medium of a site has, as commands report it. */
export interface SiteContents {
  readonly site: string;
  readonly architecture: Architecture;
  readonly devices: readonly string[];
  /** Those that a person has to choose at the machine: they have no `match`. */
  readonly withoutMatch: readonly string[];
}

export function contentsOf({ site, architecture, devices }: SiteGroup): SiteContents {
  const names = (some: readonly Device[]) => some.map(({ name }) => name);
  const withoutMatch = names(devices.filter(({ match }) => match === undefined));
  return { site, architecture, devices: names(devices), withoutMatch };
}

/** For people: which of the devices a person has to choose; undefined if none. */
export function choiceText({ withoutMatch }: SiteContents): string | undefined {
  if (withoutMatch.length === 0) return undefined;
  const some = withoutMatch.slice(0, 5).join(", ");
  const more = withoutMatch.length > 5 ? ` and ${withoutMatch.length - 5} more` : "";
  return `A person chooses at the machine for those without match: ${some}${more}.`;
}
