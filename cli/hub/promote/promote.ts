/** Promotes a workload to the next ring, and rolls it back. */
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { readFleetText } from "../../../fleet/resolve/load.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { hubOptions } from "../bootstrap/hub-owner.ts";
import { openHub, type HubOptions } from "../kubectl/kubectl.ts";
import { readStatus } from "../status/status.ts";
import { loadWithoutKey, type LoadedProject } from "../../project/project.ts";
import { checkWorkloads } from "../../project/workload-check.ts";
import { shownPath, type Session } from "../../terminal/session.ts";
import { checkRing, choosePromotion, findWorkload } from "./version-change.ts";
import { withVersion, writtenVersion } from "./version-change.ts";
import type { RingChoice, VersionChange } from "./version-change.ts";
import { describeHealth, blockingReason, ringHealth, type RingHealth } from "./ring-health.ts";
import { versionFile } from "./version-file.ts";
import { versionHistory, type VersionHistory } from "./version-history.ts";
import { propose, type ProposalOptions, type Proposed } from "./proposal.ts";
import type { Workload } from "../../../fleet/model/workload.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

export interface PromotionOptions extends HubOptions, ProposalOptions, RingChoice {
  readonly fleet: string;
  /** The devices of the ring that must be healthy, in percent. */
  readonly minHealthy: number;
  readonly force?: boolean;
}

export interface RollbackOptions extends ProposalOptions {
  readonly fleet: string;
  readonly ring?: string;
  /** The version to go back to. */
  readonly to?: string;
  /** Take `to` even if the ring never had it. */
  readonly force?: boolean;
}

/** @throws InputError or OperationError with the reason; nothing is changed then */
export async function promote(
  workload: string,
  options: PromotionOptions,
  session: Session,
): Promise<VersionChange & Proposed & { readonly health: RingHealth | null }> {
  const { fleet: file } = options;
  const loaded = await loadWithoutKey(file);
  const found = findWorkload(loaded.fleet, file, workload);
  const change = choosePromotion(loaded.fleet, found, options, file);
  const health = await askHealth(loaded, change, options, session);
  if (health !== null) {
    session.progress(describeHealth(health));
    const reason = blockingReason(health, options.minHealthy);
    if (reason !== undefined && !options.force) {
      throw new OperationError(
        `${reason}. Nothing was changed; wait, fix it, or override with --force`,
        { result: { ...change, health } },
      );
    }
  }
  const verb = `Promote ${change.workload} ${change.version} to ${change.ring}`;
  return { ...change, health, ...(await applyChange(change, verb, options, session)) };
}

/** Null with --force if the hub is unreachable. */
async function askHealth(
  loaded: LoadedProject,
  { workload, from, version }: VersionChange & { readonly from: string },
  options: PromotionOptions,
  session: Session,
): Promise<RingHealth | null> {
  try {
    const hub = await openHub(hubOptions(loaded.fleet, options), session);
    const shows = () => true;
    const report = await readStatus(loaded, hub, { shows, now: () => new Date() });
    for (const problem of report.problems) session.progress(`? ${problem}`);
    return ringHealth(report.devices, workload, from, version);
  } catch (error) {
    if (!(error instanceof OperationError) || !options.force) throw error;
    session.progress(`? ${error.message}`);
    return null;
  }
}

/** @throws InputError if there is no earlier version */
export async function rollback(
  workload: string,
  options: RollbackOptions,
  session: Session,
): Promise<VersionChange & Proposed> {
  const { fleet: file } = options;
  const { fleet } = await loadWithoutKey(file);
  const found = findWorkload(fleet, file, workload);
  checkRing(fleet.rings, options.ring, file);
  const ring = options.ring ?? leadingRing(fleet, found, file);
  const before = found.versions.get(ring) ?? "";
  if (options.to === before) {
    throw new InputError([{ file, message: `${ring} has ${workload} ${before} already` }]);
  }
  const { file: written } = versionFile(file, { workload, ring });
  const history = await versionHistory(written, workload, ring, before);
  const version = options.to ?? history.earlier[0];
  const place = `${workload} in ${ring}`;
  if (version === undefined) {
    const message = `the history of this file has no earlier version of ${place} than ${before}.${versionsWords(history)} Give one: --to <version>`;
    throw new InputError([{ file: written, message }]);
  }
  if (!history.known.includes(version) && !options.force) {
    const message = `the history of this file has no version ${version} of ${place}.${versionsWords(history)} To use it anyway, add --force`;
    throw new InputError([{ file: written, message }]);
  }
  const change = { workload, ring, before, version };
  const verb = `Roll ${workload} in ${ring} back to ${version}`;
  return { ...change, ...(await applyChange(change, verb, options, session)) };
}

/** The versions that the ring had, as a sentence. */
function versionsWords({ known, isShallow }: VersionHistory): string {
  const versions = known.length > 0 ? ` It had: ${known.slice(0, 10).join(", ")}.` : "";
  const fetch = " This clone has only the newest commits; get the others: git fetch --unshallow.";
  return `${versions}${isShallow ? fetch : ""}`;
}

function leadingRing({ rings }: Fleet, { name, versions }: Workload, file: string): string {
  const ring = rings.find((each, index) => {
    const next = rings[index + 1];
    return next !== undefined && versions.get(each) !== versions.get(next);
  });
  if (ring !== undefined) return ring;
  const message = `${name} has the same version in every ring. Give the ring: --ring <name>`;
  throw new InputError([{ file, message }]);
}

async function applyChange(
  change: VersionChange,
  verb: string,
  { fleet, commit, pullRequest, dryRun }: ProposalOptions & { readonly fleet: string },
  session: Session,
): Promise<Proposed> {
  const { file, environment, others } = versionFile(fleet, change);
  if (others.length > 0) {
    const names = others.join(", ");
    session.progress(`${shownPath(file)} has the version of other environments too: ${names}`);
  }
  // The same edit as that of the commit: what it makes of the fleet is refused by --dry-run too.
  const text = withVersion(file, readFleetText(file), change);
  const edited = await loadWithoutKey(fleet, { edited: { file, text } });
  await checkWorkloads({ ...edited, notes: [] }, session);
  const line = `${change.workload} in ${change.ring}: ${change.before} → ${change.version}`;
  if (dryRun) {
    session.progress(`${line} (not done: --dry-run)`);
    return { commit: null, branch: null, url: null };
  }
  const subject = environment === undefined ? verb : `${verb} in ${environment}`;
  const as = pullRequest ? "branch" : commit ? "commit" : "file";
  const prefix = environment === undefined ? "" : `${environment}-`;
  const slug = `${prefix}${change.workload}-${change.ring}-${change.version}`;
  const branch = `flotilla/${slug.replaceAll(/[^A-Za-z0-9._-]/g, "-")}`;
  const edit = (old: string, source: string) => {
    refuseOtherVersion(old, source, change);
    return withVersion(file, old, change);
  };
  const proposed = await propose({ file, edit, subject, as, branch }, session.progress);
  session.progress(line);
  session.progress(nextStep(shownPath(file), proposed));
  return proposed;
}

/** @throws OperationError if the text has another version to change than the one that was shown */
function refuseOtherVersion(text: string, source: string, change: VersionChange): void {
  const { workload, ring, before } = change;
  const found = writtenVersion(text, change);
  if (found === before) return;
  const has = found === undefined ? "no version" : found;
  throw new OperationError(
    `${source} has ${has} of ${workload} in ${ring}, and here it is ${before}. Pull first, or push ` +
      "the difference",
  );
}

function nextStep(file: string, { commit, branch, url }: Proposed): string {
  if (branch !== null)
    return `Pushed the branch ${branch}. Open a pull request${url ? `: ${url}` : ""}`;
  if (commit === null)
    return `Wrote ${file}. Commit it; ${flotillaCommand("publish")} brings it to the devices`;
  return `Committed ${commit.slice(0, 12)}. ${flotillaCommand("publish")} brings it to the devices`;
}
