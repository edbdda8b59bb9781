/** `flotilla up`: makes everything, publishes it or plans a publish, and its report. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { imagePath } from "../../edge/output-paths.ts";
import { fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { environmentsFolder } from "../../fleet/model/contract.ts";
import { rootKeyVariable } from "../../fleet/resolve/load.ts";
import type { Device } from "../../fleet/model/device.ts";
import { hasRootKey, loadProject } from "../project/project.ts";
import type { Project } from "../project/project.ts";
import { newRootKey, writeRootKey } from "../project/root-key.ts";
import type { Plan } from "../plan/plan.ts";
import { formatPlan } from "../plan/plan-text.ts";
import { planProject } from "../plan/project-plan.ts";
import { warnIfNotIgnored } from "../publish/ignored-file.ts";
import type { Publication } from "../publish/publish.ts";
import type { Screen } from "../terminal/screen.ts";
import { isEmbedded, publishState } from "./state-publication.ts";
import { count, formatTable, shownPath, type Session } from "../terminal/session.ts";
import { staleMedia, type StaleMedium } from "../project/site-record.ts";
import { parts, secondsSince, synthesize, type PartReport } from "../project/synthesis.ts";
import { flotillaCommand, makeCommand } from "../../fleet/model/advised-commands.ts";

/** The result of `up`. */
export interface UpReport {
  readonly fleet: string;
  readonly environment: string | undefined;
  readonly devices: number;
  readonly workloads: number;
  readonly parts: readonly PartReport[];
  /** Null if the state repository is not one of this machine. */
  readonly publication: (Publication & { readonly seconds: number }) | null;
  /** What a publish would change; null if it was published. */
  readonly plan: Plan | null;
  readonly seconds: number;
  /** Media of sites that are older than the fleet file. */
  readonly staleMedia: readonly StaleMedium[];
  /** The first device without an image, in the order of the rings; undefined if all have one. */
  readonly nextDevice: string | undefined;
}

/**
 * Makes the root key if it is missing, and everything else. Publishes it if no hub reads the state
 * repository, or else plans the publish.
 */
export async function makeEverything(fleetFile: string, session: Session): Promise<UpReport> {
  const start = performance.now();
  const isMissing = !hasRootKey(fleetFilesOf(fleetFile), session);
  const newKey = isMissing ? await newRootKey(fleetFile) : undefined;
  const project = await loadProject(fleetFile, withRootKey(session, newKey), {
    makes: "everything",
  });
  const reports = await synthesize(project, parts, session, async () => {
    if (newKey !== undefined) await keepRootKey(newKey, fleetFile, session);
  });
  const publishing = performance.now();
  const published = isEmbedded(project)
    ? await publishState(project, { yes: true }, session)
    : undefined;
  const plan = published ? null : await planProject(project, [], session);
  const seconds = secondsSince(publishing);
  const { name, environment, devices, workloads } = project.fleet;
  return {
    fleet: name,
    environment,
    devices: devices.length,
    workloads: workloads.length,
    parts: reports,
    publication: published ? { ...published, seconds } : null,
    plan,
    seconds: secondsSince(start),
    staleMedia: plan === null ? await staleMedia(project) : (plan.staleMedia ?? []),
    nextDevice: nextDevice(project)?.name,
  };
}

/** A session that has the key although it is not on the disk yet. */
function withRootKey(session: Session, key: string | undefined): Session {
  if (key === undefined) return session;
  return { ...session, environment: { ...session.environment, [rootKeyVariable]: key } };
}

/** Called when everything else was made: a mistake, in own code too, leaves no key behind. */
async function keepRootKey(key: string, fleetFile: string, session: Session): Promise<void> {
  const path = writeRootKey(key, fleetFile);
  session.progress(`Made the fleet's root key ${shownPath(path)}: keep a copy in a safe place`);
  await warnIfNotIgnored(path, session);
}

/** Devices of the first ring come first: a version is tried there. */
function nextDevice({ fleet, outputFolder }: Project): Device | undefined {
  const isMissing = ({ name }: Device) => !existsSync(join(outputFolder, "edge", imagePath(name)));
  const byRing = fleet.rings.map((ring) => fleet.devices.filter((each) => each.ring === ring));
  return byRing.flat().find(isMissing);
}

/**
 * The report as text: what was made, where, how long it took, what to do next.
 *
 * @param byMake whether `make` runs this, so that the next steps are targets of make
 */
export function formatUp(report: UpReport, byMake: boolean, screen: Screen): string {
  const { fleet, environment, devices, workloads, publication, plan, seconds } = report;
  const { nextDevice: device } = report;
  const table = formatTable([
    ["what", "where", "written", "removed", "seconds"],
    ...report.parts.map((part) => {
      return [titles[part.part], part.folder, part.written, part.removed, part.seconds];
    }),
    ...(publication === null ? [] : [publicationRow(publication)]),
  ]);
  const summary = `${fleet}: ${count(devices, "device")}, ${count(workloads, "workload")}, ${seconds} s`;
  const steps = [
    ...(plan?.summary.changes
      ? [`${byMake ? makeCommand("publish") : flotillaCommand("publish")}: bring this to the hub`]
      : []),
    editStep(environment),
    ...report.staleMedia.map(
      ({ command, path }) => `${command}: ${path} is older than the fleet file`,
    ),
    ...(device === undefined ? [] : [imageStep(device, byMake)]),
  ];
  return `${table}\n${summary}\n${newsOf(report, screen)}\nNext:\n${steps.map((step) => `  ${step}\n`).join("")}`;
}

function publicationRow(publication: NonNullable<UpReport["publication"]>) {
  const { remote, branch, changes, seconds } = publication;
  const published = changes.added.length + changes.changed.length;
  return ["published", `${remote} (${branch})`, published, changes.removed.length, seconds];
}

function newsOf({ publication, plan }: UpReport, screen: Screen): string {
  if (plan !== null) return `\n${formatPlan(plan, screen)}`;
  const commit = publication?.commit;
  return commit
    ? `Commit ${commit.id.slice(0, 12)}: ${commit.subject}\n`
    : "Nothing new to publish.\n";
}

const titles: Readonly<Record<PartReport["part"], string>> = {
  infra: "cloud hub",
  gitops: "state",
  edge: "devices",
};

function imageStep(device: string, byMake: boolean): string {
  const command = byMake
    ? `${makeCommand("iso")} DEVICE=${device}`
    : `${flotillaCommand("image")} ${device}`;
  return `${command}: the image that installs a device`;
}

function editStep(environment: string | undefined): string {
  const fleet = "fleet.yaml";
  if (environment === undefined) {
    return `edit ${fleet} and run this again; then commit ${fleet} and fleet.lock.yaml`;
  }
  const own = `${environmentsFolder}/${environment}`;
  return `edit ${fleet} or ${own}.yaml and run this again; then commit them with ${own}.lock.yaml`;
}
