/** Writes into the fleet file how a device's machine is recognized. */
import { writeUserFile } from "../../fleet/files/user-file.ts";
import { fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { match as matchSchema } from "../../fleet/grammar/match-schema.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import type { Device } from "../../fleet/model/device.ts";
import { matchValues, type MachineMatch } from "../../fleet/model/match.ts";
import { namesOfPattern } from "../../fleet/model/names.ts";
import { resolvedMatch } from "../../fleet/resolve/device-match.ts";
import { foreignInterfaces } from "../../fleet/resolve/match-mistakes.ts";
import { readFleetText, readSource } from "../../fleet/resolve/load.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { findDevice } from "./device-selection.ts";
import { withMatch, type MatchWords } from "./device-text.ts";
import { loadWithoutKey } from "./project.ts";

export interface MatchOptions {
  readonly fleet: string;
  readonly serial?: string;
  readonly assetTag?: string;
  readonly mac?: readonly string[];
  readonly uuid?: string;
}

export interface MatchReport {
  readonly device: string;
  readonly match: MachineMatch;
  /** The file that was written. */
  readonly file: string;
}

/** @throws InputError with everything that is wrong; then no file changes */
export async function matchDevice(
  name: string,
  options: MatchOptions,
  session: Pick<Session, "progress">,
): Promise<MatchReport> {
  const { fleet } = await loadWithoutKey(options.fleet);
  const device = findDevice({ fleet }, options.fleet, name);
  const { serial, assetTag, uuid, mac } = options;
  const words = {
    ...(serial !== undefined && { serial }),
    ...(assetTag !== undefined && { assetTag }),
    ...(mac !== undefined && { mac: mac.length === 1 ? mac[0] : [...mac] }),
    ...(uuid !== undefined && { uuid }),
  };
  const match: MachineMatch = { ...device.match, ...resolvedMatch(words) };
  const mistakes = [...invalid(words), ...taken(name, match, fleet.devices)];
  if (mistakes.length > 0) throw new InputError(mistakes);
  const source = readSource(fleetFilesOf(options.fleet));
  const devices = (source.value as { readonly devices: object }).devices;
  const pattern = Object.keys(devices).find((key) => namesOfPattern(key).includes(name)) ?? name;
  const file = source.fileOf(["devices", pattern]);
  const text = readFleetText(file);
  const edited = withMatch(file, text, pattern, name, words);
  atPath(file, () => writeUserFile(file, edited));
  if (file !== source.file) {
    session.progress(
      `${shownPath(file)} has the devices of other environments too: their images of the site recognize this machine.`,
    );
  }
  session.progress(`Commit it, and make the image of ${device.site.name} again.`);
  return { device: name, match, file: shownPath(file) };
}

const optionNames: Readonly<Record<string, string>> = {
  serial: "--serial",
  assetTag: "--asset-tag",
  mac: "--mac",
  uuid: "--uuid",
};

function invalid(words: MatchWords): Mistake[] {
  const { error } = matchSchema.safeParse(words);
  return (error?.issues ?? []).map(({ path, message }) => ({
    file: optionNames[String(path[0])] ?? "",
    message,
  }));
}

function taken(name: string, match: MachineMatch, devices: readonly Device[]): Mistake[] {
  const owners = new Map(
    devices
      .filter((each) => each.name !== name)
      .flatMap((each) =>
        matchValues(each.match ?? {}).map(
          ({ key, value }) => [`${key} ${value}`, each.name] as const,
        ),
      ),
  );
  const interfaceProblem = foreignInterfaces(devices);
  return matchValues(match).flatMap(({ key, value }) => {
    const foreign = interfaceProblem(key, value, name);
    if (foreign !== undefined) return [{ file: "--mac", message: foreign }];
    const owner = owners.get(`${key} ${value}`);
    if (owner === undefined) return [];
    const message = `${owner} has the same value, and a machine can be one device only. Write another value, or delete that of ${owner} first.`;
    return [{ file: optionNames[key] ?? "", message }];
  });
}
