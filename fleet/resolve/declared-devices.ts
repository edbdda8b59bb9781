/** The `devices:` section: ranges expanded, defaults applied, one entry for each device. */
import { isMisspelled, valueAt } from "../grammar/check.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Device, Profile, Site } from "../model/device.ts";
import { formatIp, knownIp } from "../model/ip.ts";
import { closest, fleetDevicesMax, namesOfPattern } from "../model/names.ts";
import { levelsThatCount, mergedLevels } from "./machine/levels.ts";
import { known, unknownReference, type Known } from "./references.ts";
import type { DeviceInput, FleetInput } from "../grammar/fleet-schema.ts";
import type { ReferencedFiles } from "../model/referenced-files.ts";
import type { SnippetBook } from "./snippet-book.ts";
import type { Path, Source } from "../grammar/source.ts";
import type { Maintenance } from "../model/maintenance.ts";
import { machineBook } from "./machine/machine.ts";
import { rangeMatchMistakes, resolvedMatch } from "./device-match.ts";
import { writtenParts } from "./written-values.ts";

/** A device before its tunnel address is allocated. */
export interface DeclaredDevice extends Omit<Device, "address" | "serverName"> {
  /** Its address in the fleet file, if connectivity is direct. */
  readonly address: string | undefined;
  /** Place in the file, from 0. */
  readonly order: number;
  /** Where in fleet.yaml it is declared. */
  readonly path: Path;
}

type Settings = Omit<DeviceInput, "overrides">;

/** The settings of one device, of which the labels are merged with those of other levels. */
interface MergedSettings extends Omit<Settings, "labels"> {
  readonly labels: readonly Settings["labels"][];
}

export interface DeclaredDevices {
  /** Sorted by name. */
  readonly devices: readonly DeclaredDevice[];
  readonly mistakes: readonly Mistake[];
}

/** What is written at one place: for one device, or for all of a range. */
interface Declared {
  /** Whether its profile, its site and its address are known. */
  readonly isResolved: boolean;
  readonly mistakes: readonly Mistake[];
  /** Absent if there is a mistake that leaves nothing to make. */
  readonly device?: Omit<DeclaredDevice, "name" | "order">;
}

/** Devices with a mistake are omitted: the mistake is enough. */
export function declareDevices(
  source: Source,
  input: FleetInput,
  book: SnippetBook,
  references?: ReferencedFiles,
): DeclaredDevices {
  const names = known(source, input);
  const devices = new Map<string, DeclaredDevice>();
  const mistakes: Mistake[] = [];
  const addNew = (found: readonly Mistake[]) => {
    // The same mistake for all members of a range is reported once.
    mistakes.push(...found.filter((mistake) => !isReported(mistake, mistakes)));
  };
  const machineAt = machineBook(source, input, references);
  const declare = (path: Path, settings: MergedSettings): Declared => {
    const resolved = resolve(source, input, path, settings);
    if (Array.isArray(resolved)) return { isResolved: false, mistakes: resolved };
    const levels = levelsOf(resolved.profile.name, resolved.site.name, path);
    const { machine, disk, mistakes: own } = machineAt(levels);
    if (disk === undefined) {
      return { isResolved: true, mistakes: [...own, ...missingDisk(source, levels)] };
    }
    const parts = writtenParts(source, levels);
    const device = {
      ...resolved,
      snippets: levelsThatCount(input, levels, ["butane"]).flatMap(book.at),
      disk,
      ...(parts.size > 0 && { parts }),
      ...(machine !== undefined && { machine }),
      path,
    };
    return { isResolved: true, mistakes: own, device };
  };
  for (const [pattern, entry] of Object.entries(input.devices)) {
    const path = ["devices", pattern];
    const members = namesOfPattern(pattern);
    mistakes.push(...entryMistakes(source, path, entry, members, names));
    if (devices.size + members.length > fleetDevicesMax) {
      const message = `the fleet has more than ${fleetDevicesMax} devices. Make a second fleet for the others.`;
      mistakes.push(source.keyMistake(path, message));
      break;
    }
    const clashing = members.filter((name) => devices.has(name));
    if (clashing.length > 0) {
      mistakes.push(source.keyMistake(path, clashMessage(clashing, devices)));
    }
    // Most devices of a range have the same settings.
    let common: Declared | undefined;
    for (const name of members) {
      const override = entry.overrides[name];
      const declared =
        override === undefined
          ? (common ??= declare(path, merged(entry, undefined)))
          : declare([...path, "overrides", name], merged(entry, override));
      if (declared.isResolved && devices.has(name)) continue;
      addNew(declared.mistakes);
      if (declared.device === undefined) continue;
      devices.set(name, { ...declared.device, name, order: devices.size });
    }
  }
  const sorted = [...devices.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { devices: sorted, mistakes };
}

/** Where the settings of a device are written; the later ones win. */
export function levelsOf(profileName: string, siteName: string, path: Path): readonly Path[] {
  const range = path.slice(0, 2);
  const override = path.length > range.length ? [path] : [];
  return [["profiles", profileName], ["sites", siteName], range, ...override];
}

/** Once at the profile, for all of its devices; nothing if a disk is written and invalid. */
function missingDisk(source: Source, levels: readonly Path[]): Mistake[] {
  const isWritten = levels.some(
    (level) =>
      valueAt(source.value, [...level, "disk"]) !== undefined ||
      isMisspelled(source, level, "disk"),
  );
  if (isWritten) return [];
  const [first = []] = levels;
  const message = `"disk" is missing. Write it here, like disk: /dev/sda or disk: { choose: smallest }, or at each device.`;
  return [source.keyMistake(first, message)];
}

function isReported(mistake: Mistake, mistakes: readonly Mistake[]): boolean {
  return mistakes.some(
    ({ file, line, column, message }) =>
      file === mistake.file &&
      line === mistake.line &&
      column === mistake.column &&
      message === mistake.message,
  );
}

function clashMessage(
  clashing: readonly string[],
  devices: ReadonlyMap<string, DeclaredDevice>,
): string {
  const [first = ""] = clashing;
  const other = String(devices.get(first)?.path[1]);
  const more = clashing.length > 1 ? ` (and ${clashing.length - 1} more)` : "";
  const where = other === first ? "" : ` by ${other}`;
  return `the device ${first}${more} is already declared${where}. Use a smaller range, or write different settings under the overrides of that range.`;
}

function entryMistakes(
  source: Source,
  path: Path,
  entry: DeviceInput,
  members: readonly string[],
  names: Known,
): Mistake[] {
  const mistakes = settingsMistakes(source, path, entry, names);
  if (members.length > 1 && entry.address !== undefined) {
    const message =
      "the devices of a range cannot share one address. Write an address for each device under overrides.";
    mistakes.push(source.keyMistake([...path, "address"], message));
  }
  mistakes.push(...rangeMatchMistakes(source, path, entry.match, members.length));
  for (const [name, override] of Object.entries(entry.overrides)) {
    const at = [...path, "overrides", name];
    mistakes.push(...settingsMistakes(source, at, override, names));
    mistakes.push(...rangeMatchMistakes(source, at, override.match, 1));
    if (members.includes(name)) continue;
    const near = closest(name, members);
    const suggestion = near === undefined ? "" : ` Did you mean ${near}?`;
    const message = `"${name}" is not a device of ${String(path[1])}. Write one of its names.${suggestion}`;
    mistakes.push(source.keyMistake(at, message));
  }
  return mistakes;
}

function settingsMistakes(source: Source, path: Path, settings: Settings, names: Known): Mistake[] {
  return [
    ...unknownReference(source, [...path, "profile"], settings.profile, names.profiles),
    ...unknownReference(source, [...path, "site"], settings.site, names.sites),
    ...unknownReference(source, [...path, "ring"], settings.ring, names.rings),
  ];
}

function merged(entry: DeviceInput, override: Settings | undefined): MergedSettings {
  const { overrides: _overrides, ...base } = entry;
  const labels = override === undefined ? [base.labels] : [base.labels, override.labels];
  return { ...base, ...override, labels };
}

type Resolved = Omit<
  DeclaredDevice,
  "name" | "snippets" | "parts" | "machine" | "disk" | "order" | "path"
>;

/** The device's settings, or its mistakes; no mistakes if they are reported elsewhere. */
function resolve(
  source: Source,
  input: FleetInput,
  path: Path,
  settings: MergedSettings,
): Resolved | Mistake[] {
  if (settings.site === undefined) {
    if (isMisspelled(source, path.slice(0, 2), "site")) return [];
    return [source.keyMistake(path, `"site" is missing. Write the device's site.`)];
  }
  const siteInput = input.sites[settings.site];
  if (siteInput === undefined) return [];
  const profileName = settings.profile ?? siteInput.profile;
  if (profileName === undefined) {
    if (isMisspelled(source, path.slice(0, 2), "profile")) return [];
    const message = `"profile" is missing. Write it here, or as the default of the site ${settings.site}.`;
    return [source.keyMistake(path, message)];
  }
  const profileInput = input.profiles[profileName];
  if (profileInput === undefined) return [];
  const connectivity = settings.connectivity ?? "gateway";
  const mistake = connectivityMistake(source, path, connectivity, settings.address);
  if (mistake !== undefined) return [mistake];
  const lastRing = input.rings.at(-1) ?? "";
  const match = resolvedMatch(settings.match);
  const { description = null, timeZone = null } = settings;
  return {
    generation: settings.generation ?? 1,
    profile: profile(profileName, profileInput),
    site: site(settings.site, siteInput),
    ring: settings.ring ?? siteInput.ring ?? profileInput.ring ?? lastRing,
    labels: labelsOf([profileInput.labels, siteInput.labels, ...settings.labels]),
    connectivity,
    address: settings.address && formatIp(knownIp(settings.address)),
    ...(description !== null && { description }),
    ...(timeZone !== null && { timeZone }),
    ...(match !== undefined && { match }),
  };
}

function labelsOf(levels: readonly Settings["labels"][]): Readonly<Record<string, string>> {
  return (mergedLevels(levels) ?? {}) as Readonly<Record<string, string>>;
}

function connectivityMistake(
  source: Source,
  path: Path,
  connectivity: string,
  address: string | undefined,
): Mistake | undefined {
  if (connectivity === "direct" && address === undefined) {
    // If an address is written, it is invalid and reported already.
    if (valueAt(source.value, [...path, "address"]) !== undefined) return undefined;
    const message = `connectivity is direct and "address" is missing. Write the device's routable IP address.`;
    return source.keyMistake(path, message);
  }
  if (connectivity === "gateway" && address !== undefined) {
    const message = `a device behind the gateway gets its address from the lock. Delete this line, or write connectivity: direct.`;
    return source.keyMistake([...path, "address"], message);
  }
  return undefined;
}

type ProfileInput = FleetInput["profiles"][string];
type SiteInput = FleetInput["sites"][string];

function profile(name: string, input: ProfileInput): Profile {
  const { architecture, kernelArguments, board, encryption } = input;
  return {
    name,
    architecture,
    kernelArguments,
    board: board ?? null,
    encryption: encryption ?? null,
  };
}

function site(name: string, input: SiteInput): Site {
  const { description, timeZone, network, maintenance, mirror } = input;
  return {
    name,
    description,
    timeZone,
    network: network ?? null,
    maintenance: resolvedMaintenance(maintenance),
    mirror:
      mirror === undefined
        ? null
        : {
            url: mirror.url?.replace(/\/+$/, "") ?? null,
            imagesSha256: mirror.imagesSha256,
            registry: mirror.registry ?? null,
          },
  };
}

/** Without values that are the default. */
function resolvedMaintenance(input: FleetInput["sites"][string]["maintenance"]): Maintenance {
  const { also, workloads, ...window } = input;
  return {
    ...window,
    ...(also.length > 0 && { also }),
    ...(workloads === "window" && { workloads }),
  };
}
