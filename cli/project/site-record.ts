/**
 * A record beside each medium of a site says what it was made of, so that a later command notices when a
 * device was added, removed or changed since. It has no secrets, but serial numbers of machines.
 */
import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { z } from "zod";
import { siteMedia, type SiteMedium } from "../../edge/output-paths.ts";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { claimFiles } from "../../fleet/files/output-folder.ts";
import { architectures, type Architecture, type Device } from "../../fleet/model/device.ts";
import type { Project } from "./project.ts";
import { shownPath } from "../terminal/session.ts";

const facts = z.object({
  generation: z.number(),
  /** Upper and lower case are the same for the machine, but not here. */
  match: z.record(z.string(), z.unknown()),
  description: z.string(),
  /** The fingerprint of the device's image; absent if the publishing key was missing. */
  image: z.string().optional(),
});

const recordSchema = z.object({
  /** Whether it was made for every device of the site and the architecture. */
  isWhole: z.boolean(),
  devices: z.record(z.string(), facts),
});

type Facts = z.output<typeof facts>;

/** The devices of a site that a medium can install. */
interface RecordedDevices {
  readonly site: string;
  readonly architecture: Architecture;
  readonly devices: readonly Device[];
}

/** Writes the record after the medium: a run that stops in between leaves one that looks old. */
export async function recordMedium(
  project: Project,
  { site, architecture, devices }: RecordedDevices,
  { record }: SiteMedium,
): Promise<void> {
  const isWhole = devicesAt(project, site, architecture).length === devices.length;
  const folder = join(project.outputFolder, "edge");
  claimFiles(folder, [record]);
  const text = JSON.stringify({ isWhole, devices: await factsOf(project, devices) }, undefined, 2);
  writeFileAtomically(join(folder, record), `${text}\n`, 0o600);
}

/** A medium of a site that is older than the fleet file. */
export interface StaleMedium {
  readonly site: string;
  readonly architecture: Architecture;
  /** Its path, relative to the current folder. */
  readonly path: string;
  /** The command that makes it again. */
  readonly command: string;
  /** Devices of the site that are not in it. */
  readonly missing: readonly string[];
  /** Devices in it that would differ now. */
  readonly changed: readonly string[];
  /** Devices in it that are no longer at the site. Their keys are in it. */
  readonly gone: readonly string[];
}

/** The media in the folder of the devices that are older than the fleet file; by site. */
export async function staleMedia(project: RecordedProject): Promise<readonly StaleMedium[]> {
  const folder = join(project.outputFolder, "edge");
  const sites = [...new Set(project.fleet.devices.map(({ site }) => site.name))].toSorted();
  const stale: StaleMedium[] = [];
  for (const site of sites) {
    for (const architecture of architectures) {
      for (const { path: name, record: recordName, command } of siteMedia(site, architecture)) {
        const path = join(folder, name);
        const record = readRecord(join(folder, recordName));
        if (record === undefined || !existsSync(path)) continue;
        const devices = devicesAt(project, site, architecture);
        const differences = await differencesOf(project, devices, record);
        if (Object.values(differences).every((names) => names.length === 0)) continue;
        stale.push({ site, architecture, path: shownPath(path), command, ...differences });
      }
    }
  }
  return stale;
}

/** In one sentence. */
export function staleText({ path, command, missing, changed, gone }: StaleMedium): string {
  const parts = [
    ...(missing.length > 0 ? [`it lacks ${listed(missing)}`] : []),
    ...(changed.length > 0 ? [`${listed(changed)} changed`] : []),
    ...(gone.length > 0 ? [`it still has the keys of ${listed(gone)}`] : []),
  ];
  return `${path} is older than the fleet file: ${parts.join("; ")}. Make it again: ${command}`;
}

function listed(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return `${names.slice(0, 5).join(", ")}${more}`;
}

/** What a comparison needs; without the publishing key, changes of the configuration are not noticed. */
export type RecordedProject = Pick<Project, "fleet" | "outputFolder" | "imageDigestsOf">;

function devicesAt(
  { fleet }: Pick<Project, "fleet">,
  site: string,
  architecture: Architecture,
): readonly Device[] {
  return fleet.devices.filter(
    (device) => device.site.name === site && device.profile.architecture === architecture,
  );
}

async function factsOf(
  project: Pick<Project, "imageDigestsOf">,
  devices: readonly Device[],
): Promise<Readonly<Partial<Record<string, Facts>>>> {
  const images = await project.imageDigestsOf(devices);
  return Object.fromEntries(
    devices.map(({ name, generation, match = {}, description = "" }) => {
      const image = images?.get(name);
      return [name, { generation, match: { ...match }, description, ...(image && { image }) }];
    }),
  );
}

async function differencesOf(
  project: RecordedProject,
  devices: readonly Device[],
  record: z.output<typeof recordSchema>,
): Promise<Pick<StaleMedium, "missing" | "changed" | "gone">> {
  const now = await factsOf(
    project,
    devices.filter(({ name }) => record.devices[name] !== undefined),
  );
  const differs = (before: Facts, after: Facts) => {
    const images = before.image !== undefined && after.image !== undefined;
    const comparable = ({ image, ...others }: Facts) => (images ? { ...others, image } : others);
    return !isDeepStrictEqual(comparable(before), comparable(after));
  };
  const recorded = Object.entries(record.devices);
  return {
    missing: record.isWhole
      ? devices.map(({ name }) => name).filter((name) => record.devices[name] === undefined)
      : [],
    changed: recorded.flatMap(([name, before]) => {
      const after = now[name];
      return after !== undefined && differs(before, after) ? [name] : [];
    }),
    gone: recorded.map(([name]) => name).filter((name) => now[name] === undefined),
  };
}

/** Undefined if there is none that can be read: then nothing is known of the medium. */
function readRecord(path: string): z.output<typeof recordSchema> | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}
