/** Selects devices of a fleet by the names and patterns of a command line. */
import { InputError } from "../../fleet/grammar/mistakes.ts";
import type { Device } from "../../fleet/model/device.ts";
import { closest } from "../../fleet/model/names.ts";
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
  const message = `there is no device ${JSON.stringify(name)} in this fleet. ${remedy}`;
  throw new InputError([{ file: fleetFile, message }]);
}

/**
 * The devices that match names and patterns (`store-*`, `kiosk-0?`), each once, sorted by name.
 *
 * @throws InputError with the closest name
 */
export function selectDevices(
  project: Pick<Project, "fleet">,
  fleetFile: string,
  words: readonly string[],
): readonly Device[] {
  const chosen = new Set<Device>();
  for (const word of words) {
    if (!isPattern(word)) {
      chosen.add(findDevice(project, fleetFile, word));
      continue;
    }
    const pattern = patternOf(word);
    const found = project.fleet.devices.filter(({ name }) => pattern.test(name));
    if (found.length === 0) throw nothingFound(project, fleetFile, word);
    for (const device of found) chosen.add(device);
  }
  return project.fleet.devices.filter((device) => chosen.has(device));
}

/** Whether a word may match several devices. */
export function isPattern(word: string): boolean {
  return /[*?]/.test(word);
}

/** `*` is any characters, `?` is one; other characters are literal. */
function patternOf(word: string): RegExp {
  const literal = word.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}

function nothingFound(
  { fleet }: Pick<Project, "fleet">,
  fleetFile: string,
  word: string,
): InputError {
  const names = fleet.devices.map(({ name }) => name);
  const some = names.slice(0, 5).join(", ");
  const message =
    `no device of this fleet matches ${JSON.stringify(word)}. ` +
    `There are ${names.length}: ${some}${names.length > 5 ? ", …" : ""}`;
  return new InputError([{ file: fleetFile, message }]);
}
