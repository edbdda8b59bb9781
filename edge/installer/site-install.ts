/**
 * The installation of several devices by one image: a script in the live system finds out which device
 * the machine is, writes that device's files, and removes those of the others. From there on it is the
 * installation of one device: see live-install.ts.
 *
 * Devices of one site are nearly equal, and gzip finds no text again that is more than 32 KiB away. So
 * their files are cut into pieces, and each piece is stored once.
 */
import { sourceText } from "../../fleet/files/source-text.ts";
import { matchValues, type MachineMatch } from "../../fleet/model/match.ts";
import { keyfileFolder } from "../keyfile.ts";
import type { Files } from "../formats/cpio.ts";
import { ignitionPath } from "../iso/ignition.ts";
import { LiveIgnition, type LiveFile } from "../iso/live-ignition.ts";
import { destinationPath } from "../iso/install-hooks.ts";
import type { Installation } from "./installation.ts";
import { liveSystem, settingsPath, variablesPath } from "./live-install.ts";

/** A device that an image of several can install. */
export interface SiteMember {
  readonly installation: Installation;
  /** @default a person at the machine chooses it */
  readonly match?: MachineMatch;
  /** For people: what the device is, or where. */
  readonly description?: string;
}

/** What the script reads. */
const storeFolder = "/etc/flotilla/site";

const scriptPath = "/usr/local/bin/choose-device";
const unitName = "flotilla-choose-device.service";

/** Until a device is chosen: what reports a failure reads it, and the installer needs a file of settings. */
const undecided: readonly (readonly [path: string, text: string])[] = [
  [variablesPath, "DEVICE='This machine'\nDISK='any disk'\n"],
  [settingsPath, "{}\n"],
];

/** The files of the embed area. */
export function siteInstallFiles(members: readonly SiteMember[]): Files {
  return new Map([[ignitionPath, siteInstall(members)]]);
}

function siteInstall(members: readonly SiteMember[]): Uint8Array {
  const systems = members.map(({ installation }) => liveSystem(installation));
  const [first] = systems;
  if (first === undefined) throw new Error("an image of several devices needs one");
  const live = new LiveIgnition();
  for (const unit of first.units) {
    if (systems.some(({ units }) => !hasEqual(units, unit))) {
      throw new Error(`the devices differ in the live system's unit ${unit.name}`);
    }
    live.addUnit(unit);
  }
  live.addUnit({
    name: unitName,
    enabled: true,
    contents: sourceText("edge/installer/site-install/flotilla-choose-device.service"),
  });
  const script = sourceText("edge/installer/site-install/choose-device.sh");
  live.addFile(scriptPath, Buffer.from(script), 0o700);
  const shared = first.files.filter((file) => isShared(file, systems));
  for (const { path, data, mode } of shared) live.addFile(path, data, mode);
  const sharedPaths = new Set(shared.map(({ path }) => path));
  for (const [path, text] of undecided) {
    if (!sharedPaths.has(path)) live.addFile(path, Buffer.from(text), 0o600);
  }
  const { pieces, table } = storeOf(
    members.map((member, index) => ({
      member,
      files: (systems[index]?.files ?? []).filter(({ path }) => !sharedPaths.has(path)),
    })),
  );
  live.addFile(`${storeFolder}/pieces`, Buffer.from(pieces), 0o600);
  live.addFile(`${storeFolder}/devices`, Buffer.from(table), 0o600);
  return live.toBytes();
}

function hasEqual<Value>(values: readonly Value[], value: Value): boolean {
  const text = JSON.stringify(value);
  return values.some((each) => JSON.stringify(each) === text);
}

/** What every device has alike, and what says nothing about it. */
function isShared({ path, data, mode }: LiveFile, systems: readonly LiveIgnition[]): boolean {
  if ([destinationPath, variablesPath].includes(path)) return false;
  return systems.every(({ files }) =>
    files.some(
      (file) => file.path === path && file.mode === mode && Buffer.from(data).equals(file.data),
    ),
  );
}

interface StoredMember {
  readonly member: SiteMember;
  readonly files: readonly LiveFile[];
}

/**
 * `pieces` has one in each line. The lines of `table`, with tabs between the words: `device`, its name
 * and its description; `match`, a key and a value; `file`, its mode, its path and its pieces.
 */
function storeOf(members: readonly StoredMember[]): {
  readonly pieces: string;
  readonly table: string;
} {
  const numbers = new Map<string, number>();
  const numberOf = (piece: string) => {
    const number = numbers.get(piece) ?? numbers.size;
    numbers.set(piece, number);
    return number;
  };
  const lines = members.flatMap(({ member, files }) => {
    const { installation, match = {}, description = "" } = member;
    const keyfiles = [...installation.keyfiles].map(([name, text]) => ({
      path: `${keyfileFolder}/${name}`,
      data: Buffer.from(text),
      mode: 0o600,
    }));
    return [
      ["device", installation.name, shownText(description)],
      ...matchValues(match).map(({ key, value }) => ["match", key, value]),
      ...[...files, ...keyfiles].map(({ path, data, mode }) => [
        "file",
        mode.toString(8),
        path,
        piecesOf(path, data)
          .map((piece) =>
            piece.endsWith("\n") ? `${numberOf(piece.slice(0, -1))}n` : `${numberOf(piece)}`,
          )
          .join(" "),
      ]),
    ];
  });
  const text = (rows: readonly string[]) => rows.map((row) => `${row}\n`).join("");
  return { pieces: text([...numbers.keys()]), table: text(lines.map((line) => line.join("\t"))) };
}

/** Lines, and in Ignition's only line each member of a list. */
function piecesOf(path: string, data: Uint8Array): readonly string[] {
  const bytes = Buffer.from(data);
  const text = bytes.toString("utf8");
  if (text.includes("\0") || !Buffer.from(text).equals(bytes)) {
    throw new Error(`${path} is not text, which the image of several devices needs`);
  }
  return text.split(/(?<=\n)|(?<=\},)(?=\{)/).filter((piece) => piece !== "");
}

const shownCharactersMax = 40;

/** For a list on a console, whose letters are ASCII. */
function shownText(description: string): string {
  const [line = ""] = description.trim().split("\n");
  return line
    .replaceAll(/[^ -~]/g, "?")
    .slice(0, shownCharactersMax)
    .trim();
}
