/** A small fleet file with settings of machines, and what is wrong with it. */
import { declareFleet } from "../../../../fleet/resolve/declaration.ts";
import { parseSource } from "../../../../fleet/grammar/source.ts";
import { formatMistake, InputError } from "../../../../fleet/grammar/mistakes.ts";
import type { NetworkInterface } from "../../../../fleet/model/network-interface.ts";
import type { ReferencedFiles } from "../../../../fleet/model/referenced-files.ts";
import type { DeclaredDevice } from "../../../../fleet/resolve/declared-devices.ts";

/** Lines of YAML for each level, indented below its key; the levels are on lines of their own. */
export interface Levels {
  /** The disk of the profile, or nothing. @default "/dev/sda" */
  readonly disk?: string;
  readonly profile?: string;
  readonly site?: string;
  readonly range?: string;
  readonly override?: string;
}

/** The devices till-1 and till-2, of which till-2 has the override. */
export function fleetText({ disk = "/dev/sda", profile, site, range, override }: Levels): string {
  const block = (text: string | undefined, indent: string) =>
    text === undefined ? "" : `${text.trimEnd().replaceAll(/^(?=.)/gm, indent)}\n`;
  const overrides = block(override, "        ");
  return `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub }
profiles:
  mini-pc:
    architecture: x86_64
${disk === "" ? "" : `    disk: ${disk}\n`}${block(profile, "    ")}sites:
  boston:
    profile: mini-pc
${block(site, "    ")}devices:
  till-{1..2}:
    site: boston
${block(range, "    ")}${overrides === "" ? "" : `    overrides:\n      till-2:\n${overrides}`}`;
}

/** Texts of files beside the fleet file, by path. */
export type Files = Readonly<Record<string, string>>;

function referencesOf(files: Files): ReferencedFiles {
  return {
    read(path) {
      const text = files[path];
      return text === undefined ? { problem: "file not found" } : { file: path, text };
    },
  };
}

/** Both devices. */
export function devicesOf(
  levels: Levels,
  files: Files = {},
): readonly [DeclaredDevice, DeclaredDevice] {
  const source = parseSource("fleet.yaml", fleetText(levels));
  const { devices } = declareFleet(source, undefined, referencesOf(files));
  const [first, second] = devices;
  if (first === undefined || second === undefined) throw new Error("two devices are declared");
  return [first, second];
}

/** The mistakes as they are printed, without the file's name. */
export function mistakesOf(levels: Levels, files: Files = {}): string[] {
  try {
    devicesOf(levels, files);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) => formatMistake(mistake).replace("fleet.yaml:", ""));
  }
  return [];
}

/** The interfaces of a device whose `interfaces` are these lines of YAML. */
export function interfacesOf(yaml: string): readonly NetworkInterface[] {
  const [, second] = devicesOf({ override: interfacesText(yaml) });
  return second.machine?.interfaces ?? [];
}

/** Lines of YAML below `interfaces:`. */
export function interfacesText(yaml: string): string {
  return `interfaces:\n${yaml.replaceAll(/^(?=.)/gm, "  ")}\n`;
}
