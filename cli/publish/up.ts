/** `flotilla up`: makes and publishes everything, and its report. */
import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { hasRootKey, loadProject, loadWithoutKey } from "../project/project.ts";
import { makeRootKey } from "../project/root-key.ts";
import type { Project } from "../project/project.ts";
import { publish, type Publication } from "./publish.ts";
import { count, formatTable, shownPath, type Session } from "../terminal/session.ts";
import { parts, secondsSince, synthesize, type PartReport } from "../project/synthesis.ts";

/** The result of `up`. */
export interface UpReport {
  readonly fleet: string;
  readonly devices: number;
  readonly workloads: number;
  readonly parts: readonly PartReport[];
  readonly publication: Publication & { readonly seconds: number };
  readonly seconds: number;
  /** A device to try an image with; undefined if the fleet has none. */
  readonly firstDevice: string | undefined;
}

/** Makes the root key if it is missing, makes everything, and publishes it. */
export async function makeAndPublish(fleetFile: string, session: Session): Promise<UpReport> {
  const start = performance.now();
  if (!hasRootKey(dirname(fleetFile), session)) {
    // Without a valid fleet file, no key is made.
    loadWithoutKey(fleetFile);
    const path = shownPath(makeRootKey(fleetFile));
    session.progress(`Made the fleet's root key ${path}: keep a copy in a safe place`);
  }
  const project = loadProject(fleetFile, session);
  const reports = await synthesize(project, parts, session);
  const publishing = performance.now();
  const publication = await publishState(project, session);
  const seconds = secondsSince(publishing);
  const { name, devices, workloads } = project.fleet;
  return {
    fleet: name,
    devices: devices.length,
    workloads: workloads.length,
    parts: reports,
    publication: { ...publication, seconds },
    seconds: secondsSince(start),
    firstDevice: devices[0]?.name,
  };
}

/** Pushes the state to the repository of the fleet file. */
export async function publishState(project: Project, session: Session): Promise<Publication> {
  const { repository } = project.fleet;
  return publish({
    remote: repository.push,
    branch: repository.branch,
    directory: project.directory,
    tree: await project.state(),
    onProgress: session.progress,
  });
}

/**
 * The report as text: what was made, where, how long it took, what to do next.
 *
 * @param byMake whether `make` runs this, so that the next steps are targets of make
 */
export function formatUp(report: UpReport, byMake: boolean): string {
  const { fleet, devices, workloads, publication, seconds, firstDevice } = report;
  const { remote, branch, commit, changes } = publication;
  const published = [changes.added, changes.changed].flat().length;
  const table = formatTable([
    ["what", "where", "written", "removed", "seconds"],
    ...report.parts.map((part) => {
      return [titles[part.part], part.folder, part.written, part.removed, part.seconds];
    }),
    ["published", `${remote} (${branch})`, published, changes.removed.length, publication.seconds],
  ]);
  const summary = `${fleet}: ${count(devices, "device")}, ${count(workloads, "workload")}, ${seconds} s`;
  const news = commit
    ? `Commit ${commit.id.slice(0, 12)}: ${commit.subject}`
    : "Nothing new to publish.";
  const steps = [
    "edit fleet.yaml and run this again; then commit fleet.yaml and fleet.lock.yaml",
    ...(firstDevice === undefined ? [] : [imageStep(firstDevice, byMake)]),
  ];
  return `${table}\n${summary}\n${news}\n\nNext:\n${steps.map((step) => `  ${step}\n`).join("")}`;
}

const titles: Readonly<Record<PartReport["part"], string>> = {
  infra: "cloud hub",
  gitops: "state",
  edge: "devices",
};

function imageStep(device: string, byMake: boolean): string {
  const command = byMake ? `make iso DEVICE=${device}` : `flotilla image ${device}`;
  return `${command}: the image that installs a device`;
}
