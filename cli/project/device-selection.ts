/** Selects devices of a fleet by the names and patterns of a command line. */
import { InputError } from "../../fleet/grammar/mistakes.ts";
import type { Device } from "../../fleet/model/device.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { closest, expandName } from "../../fleet/model/names.ts";
import type { Project } from "./project.ts";

/** @throws InputError with the closest name */
export function findDevice(
  project: Pick<Project, "fleet">,
  fleetFile: string,
  name: string,
): Device {
  const { devices } = project.fleet;
  const device = devices.find((each) => each.name === name);
  if (device) return device;
  const names = devices.map((each) => each.name);
  const near = closest(name, names);
  const some = names.slice(0, 5).join(", ");
  const remedy = near
    ? `Did you mean ${near}?`
    : `There are ${names.length}: ${some}${names.length > 5 ? ", …" : ""}`;
  const message = `this fleet has no device ${JSON.stringify(name)}. ${remedy}`;
  throw new InputError([{ file: fleetFile, message }]);
}

/** All conditions must hold. */
export interface DeviceFilter {
  /** Names, patterns (`store-*`, `kiosk-0?`) and ranges (`store-{0001..0010}`). @default every device */
  readonly words?: readonly string[];
  readonly site?: string;
  readonly ring?: string;
}

/**
 * The devices that match, each once, in the order of the fleet.
 *
 * @throws InputError with every condition that no device meets, and what was most likely meant
 */
export function selectDevices(
  { fleet }: Pick<Project, "fleet">,
  fleetFile: string,
  { words, site, ring }: DeviceFilter,
): readonly Device[] {
  const mistakes = [
    ...unknownName("site", site, new Set(fleet.devices.map((each) => each.site.name))),
    ...unknownName("ring", ring, new Set(fleet.rings)),
  ];
  if (mistakes.length > 0) {
    throw new InputError(mistakes.map((message) => ({ file: fleetFile, message })));
  }
  const named = words === undefined ? fleet.devices : devicesNamed(fleet, fleetFile, words);
  const chosen = named.filter(
    (each) => (site ?? each.site.name) === each.site.name && (ring ?? each.ring) === each.ring,
  );
  if (chosen.length > 0) return chosen;
  const conditions = [site && `at site ${site}`, ring && `in ring ${ring}`].filter(Boolean);
  const message = `none of the devices is ${conditions.join(" and ")}. Give other devices`;
  throw new InputError([{ file: fleetFile, message }]);
}

function devicesNamed(
  fleet: Fleet,
  fleetFile: string,
  words: readonly string[],
): readonly Device[] {
  const chosen = new Set<Device>();
  for (const word of words) {
    for (const name of namesOf(fleetFile, word)) {
      if (!/[*?]/.test(name)) {
        chosen.add(findDevice({ fleet }, fleetFile, name));
        continue;
      }
      const pattern = patternOf(name);
      const found = fleet.devices.filter((device) => pattern.test(device.name));
      if (found.length === 0) throw nothingFound(fleet, fleetFile, word);
      for (const device of found) chosen.add(device);
    }
  }
  return fleet.devices.filter((device) => chosen.has(device));
}

/** The names of a range, or the word itself. */
function namesOf(fleetFile: string, word: string): readonly string[] {
  if (!/[{}]/.test(word)) return [word];
  const names = expandName(word);
  if (typeof names !== "string") return names;
  throw new InputError([{ file: fleetFile, message: names }]);
}

/** What is wrong with a name that no device has, as no or one sentence. */
export function unknownName(
  kind: string,
  value: string | undefined,
  known: ReadonlySet<string>,
): readonly string[] {
  if (value === undefined || known.has(value)) return [];
  const near = closest(value, known);
  const remedy = near ? `Did you mean ${near}?` : `There are: ${[...known].toSorted().join(", ")}`;
  return [`no device has the ${kind} ${JSON.stringify(value)}. ${remedy}`];
}

/** Whether a word may match several devices. */
export function isPattern(word: string): boolean {
  return /[*?{}]/.test(word);
}

/** `*` is any characters, `?` is one; other characters are literal. */
function patternOf(word: string): RegExp {
  const literal = word.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}

function nothingFound({ devices }: Fleet, fleetFile: string, word: string): InputError {
  const names = devices.map(({ name }) => name);
  const some = names.slice(0, 5).join(", ");
  const message =
    `no device of this fleet matches ${JSON.stringify(word)}. ` +
    `There are ${names.length}: ${some}${names.length > 5 ? ", …" : ""}`;
  return new InputError([{ file: fleetFile, message }]);
}
