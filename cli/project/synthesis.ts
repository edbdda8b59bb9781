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

/** Writes the lock, then one part after another. */
export async function synthesize(
  project: Project,
  wanted: readonly Part[],
  session: Session,
): Promise<PartReport[]> {
  await prepare(project, session);
  const reports: PartReport[] = [];
  for (const part of parts.filter((each) => wanted.includes(each))) {
    const start = performance.now();
    const report = await synthesizePart(project, part, session);
    reports.push({ ...report, seconds: secondsSince(start) });
    const { folder, files, written, removed } = report;
    const changes = `${written} written${removed > 0 ? `, ${removed} removed` : ""}`;
    session.progress(`${folder}: ${count(files, "file")}, ${changes}`);
  }
  return reports;
}

/**
 * Runs before every synthesis: checks the operator's own Butane, then writes the lock and the schema.
 *
 * @throws InputError with every mistake in the Butane of the whole fleet
 */
export async function prepare(project: Project, session: Session): Promise<void> {
  await checkAdditions(project, session);
  saveChangedLock(project, session);
  const { refreshSchema } = await import("./schema-file.ts");
  refreshSchema(project.directory, project.ownCode, session);
}

/** Makes the files of one part and writes them; call `prepare` first. */
export async function synthesizePart(
  project: Project,
  part: Part,
  session: Session,
  folder: string = join(project.outputFolder, part),
): Promise<Omit<PartReport, "seconds">> {
  const { files, save } = await makers[part](project, session, folder);
  const report = writePart(project, part, folder, files);
  save();
  return report;
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

/** A secret outside of Git is needed for the image alone, so without it a synthesis continues. */
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
  part: Part,
  folder: string,
  files: Made["files"],
): Omit<PartReport, "seconds"> {
  // The files of a device contain its private keys.
  const options = part === "edge" ? { mode: 0o600, keeps: mediaOf(project.fleet.devices) } : {};
  const { written, removed, unchangedCount } = writeTree(folder, files, options);
  return {
    part,
    folder: shownPath(folder),
    files: written.length + unchangedCount,
    written: written.length,
    removed: removed.length,
  };
}
