/**
 * The three syntheses, from a loaded fleet to the folders of `dist`. Each one is loaded when it runs,
 * so that a command loads only what it uses.
 */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { formatMistake, InputError } from "../../fleet/grammar/mistakes.ts";
import type { DeviceSecrets } from "../../fleet/model/secrets.ts";
import type { EdgeFile } from "../../edge/app.ts";
import type { Device } from "../../fleet/model/device.ts";
import { fleetFacts } from "../../fleet/model/fleet.ts";
import { fleetHubSize } from "../../fleet/rules/hub-size.ts";
import { saveLock } from "../../fleet/resolve/load.ts";
import { mediaOf } from "../../edge/output-paths.ts";
import type { Project, Purpose } from "./project.ts";
import { count, shownPath, type Session } from "../terminal/session.ts";
import { checkAdditions } from "./snippet-check.ts";
import { noteChartPins } from "./chart-notes.ts";
import { unchanged, writeTree } from "../../fleet/files/output-folder.ts";

export const parts = ["infra", "gitops", "edge"] as const;
export type Part = (typeof parts)[number];

/** What a project is loaded for to make one part. */
export const purposes = {
  infra: "infra",
  gitops: "state",
  edge: "everything",
} as const satisfies Record<Part, Purpose>;

/** The result of one synthesis. */
export interface PartReport {
  readonly part: Part;
  /** Its folder, relative to the current folder. */
  readonly folder: string;
  readonly files: number;
  readonly written: number;
  readonly removed: number;
  readonly seconds: number;
}

/**
 * Makes the wanted parts, then writes the lock and one part after another. A mistake changes no file.
 *
 * @param beforeWriting called when everything was made
 */
export async function synthesize(
  project: Project,
  wanted: readonly Part[],
  session: Session,
  beforeWriting = async () => {},
): Promise<PartReport[]> {
  await checkAdditions(project, session);
  await noteChartPins(project, session);
  const made: MadePart[] = [];
  for (const part of parts.filter((each) => wanted.includes(each))) {
    made.push(await makePart(project, part, session));
  }
  await beforeWriting();
  await writeInputs(project, session);
  return made.map((each) => {
    const report = writePart(project, each);
    const { folder, files, written, removed } = report;
    const changes = `${written} written${removed > 0 ? `, ${removed} removed` : ""}`;
    session.progress(`${folder}: ${count(files, "file")}, ${changes}`);
    return report;
  });
}

/**
 * The same for one part.
 *
 * @param folder where its files go
 */
export async function synthesizePart(
  project: Project,
  part: Part,
  session: Session,
  folder: string,
): Promise<PartReport> {
  await checkAdditions(project, session);
  await noteChartPins(project, session);
  const made = await makePart(project, part, session, folder);
  await writeInputs(project, session);
  return writePart(project, made);
}

/** A part whose files are not written yet; those of the devices are made when they are. */
interface MadePart extends Made {
  readonly part: Part;
  /** Absolute, or relative to the current folder. */
  readonly folder: string;
  /** How long it took. */
  readonly milliseconds: number;
}

async function makePart(
  project: Project,
  part: Part,
  session: Session,
  folder: string = join(project.outputFolder, part),
): Promise<MadePart> {
  const start = performance.now();
  const made = await makers[part](project, session, folder);
  return { ...made, part, folder, milliseconds: performance.now() - start };
}

async function writeInputs(project: Project, session: Session): Promise<void> {
  saveChangedLock(project, session);
  const { refreshSchema } = await import("./schema-file.ts");
  refreshSchema(project.directory, project.ownCode, session);
}

/** Writes new allocations to the disk before anything is made with them. */
export function saveChangedLock(project: Project, session: Session): void {
  if (!project.lockChanged) return;
  saveLock(project);
  session.progress(`Wrote ${shownPath(project.files.lockFile)}: commit it with the fleet file`);
}

/** Seconds since `start`, to a hundredth. */
export function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 10) / 100;
}

interface Made {
  readonly files: Iterable<readonly [path: string, text: string | typeof unchanged]>;
  /** What the next synthesis finds. Called when the files are written. */
  readonly save: () => void;
}

type Maker = (project: Project, session: Session, folder: string) => Promise<Made>;

const makers: Readonly<Record<Part, Maker>> = {
  async infra(project) {
    const { infra } = project.ownCode;
    if (infra === undefined) return infraFiles(project);
    const { synthesizeOwnInfra } = await import("./infra-files.ts");
    return { files: await synthesizeOwnInfra(project.fleet, infra), save: () => {} };
  },
  async gitops(project) {
    return { files: await project.state(), save: () => project.saveState() };
  },
  async edge(project, session, folder) {
    const { KnownDevices } = await import("./known-devices.ts");
    const { fleetFiles } = await import("../../edge/fleet-devices.ts");
    const { fleet, ownCode } = project;
    const known = new KnownDevices(project, folder);
    const devices = fleet.devices.filter((device) => !known.has(device));
    const others = devices.length === fleet.devices.length ? fleet : { ...fleet, devices };
    const missing = new MissingSecrets();
    const secretsOf = (device: Device) => missing.read(project, device);
    const made = fleetFiles(others, secretsOf, ownCode.parts);
    const files = known.with(textsOf(made, () => missing.warn(session)));
    return { files, save: () => known.save() };
  },
};

/** Terraform depends on the devices only by the machine type that their number needs. */
async function infraFiles({ fleet, infraIndex: index }: Project): Promise<Made> {
  const key = index.keyOf("infra", fleetFacts(fleet), fleetHubSize(fleet).machineType);
  const known = key === undefined ? undefined : index.find(key);
  if (known !== undefined) {
    return { files: JSON.parse(known) as [string, string][], save: () => index.save() };
  }
  const { synthesizeInfra } = await import("./infra-files.ts");
  const files = synthesizeInfra(fleet);
  if (key !== undefined) index.keep(key, JSON.stringify([...files]));
  return { files, save: () => index.save() };
}

/** A secret outside Git is needed for the image alone, so without it a synthesis continues. */
class MissingSecrets {
  /** Names of the devices that have no files, by the mistake. */
  readonly #devices = new Map<string, string[]>();

  read(project: Project, device: Device): DeviceSecrets | undefined {
    try {
      return project.secretsOf(device);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const mistake of error.mistakes) {
        const text = formatMistake(mistake);
        const names = this.#devices.get(text) ?? [];
        names.push(device.name);
        this.#devices.set(text, names);
      }
      return undefined;
    }
  }

  /** One warning for each mistake, however many devices have it. */
  warn(session: Session): void {
    for (const [mistake, [first = "", ...others]] of this.#devices) {
      const more = others.length === 0 ? "" : ` and ${count(others.length, "other device")}`;
      session.progress(`warning: no files for ${first}${more}: ${mistake}`);
    }
  }
}

/** @param atEnd called after the last file */
function* textsOf(
  files: Iterable<EdgeFile>,
  atEnd: () => void,
): Generator<readonly [string, string]> {
  for (const { path, text } of files) yield [path, text];
  atEnd();
}

function writePart(
  project: Project,
  { part, folder, files, save, milliseconds }: MadePart,
): PartReport {
  const start = performance.now() - milliseconds;
  // The files of a device contain its private keys.
  const options = part === "edge" ? { mode: 0o600, keeps: mediaOf(project.fleet.devices) } : {};
  const { written, removed, unchangedCount } = writeTree(folder, files, options);
  save();
  return {
    part,
    folder: shownPath(folder),
    files: written.length + unchangedCount,
    written: written.length,
    removed: removed.length,
    seconds: secondsSince(start),
  };
}
