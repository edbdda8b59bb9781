/** Promotes a workload to the next ring, and rolls it back. */
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { readFleetText } from "../../../fleet/resolve/load.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { openHub, type HubOptions } from "../kubectl/kubectl.ts";
import { readStatus } from "../status/status.ts";
import { loadWithoutKey } from "../../project/project.ts";
import { shownPath, type Session } from "../../terminal/session.ts";
import { checkRing, choosePromotion, findWorkload, withVersion } from "./version-change.ts";
import type { RingChoice, VersionChange } from "./version-change.ts";
import { describeHealth, blockingReason, ringHealth, type RingHealth } from "./ring-health.ts";
import { earlierVersions } from "./version-history.ts";
import { propose, type ProposalOptions, type Proposed } from "./proposal.ts";
import type { Workload } from "../../../fleet/model/workload.ts";

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
}

/** @throws InputError or OperationError with the reason; nothing is changed then */
export async function promote(
  workload: string,
  options: PromotionOptions,
  session: Session,
): Promise<VersionChange & Proposed & { readonly health: RingHealth | null }> {
  const { fleet: file } = options;
  const loaded = loadWithoutKey(file);
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
  loaded: ReturnType<typeof loadWithoutKey>,
  { workload, from, version }: VersionChange & { readonly from: string },
  options: PromotionOptions,
  session: Session,
): Promise<RingHealth | null> {
  try {
    const hub = await openHub(options, session);
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
  const { fleet } = loadWithoutKey(file);
  const found = findWorkload(fleet, file, workload);
  checkRing(fleet.rings, options.ring, file);
  const ring = options.ring ?? leadingRing(fleet, found, file);
  const before = found.versions.get(ring) ?? "";
  const version = options.to ?? (await earlierVersions(file, workload, ring, before))[0];
  if (version === undefined) {
    const message = `the history of this file has no other version of ${workload} in ${ring} than ${before}. Give one: --to <version>`;
    throw new InputError([{ file, message }]);
  }
  if (version === before) {
    throw new InputError([{ file, message: `${ring} has ${workload} ${version} already` }]);
  }
  const change = { workload, ring, before, version };
  const verb = `Roll ${workload} in ${ring} back to ${version}`;
  return { ...change, ...(await applyChange(change, verb, options, session)) };
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
  subject: string,
  { fleet: file, commit, pullRequest, dryRun }: ProposalOptions & { readonly fleet: string },
  session: Session,
): Promise<Proposed> {
  const text = withVersion(file, readFleetText(file), change);
  const line = `${change.workload} in ${change.ring}: ${change.before} → ${change.version}`;
  if (dryRun) {
    session.progress(`${line} (not done: --dry-run)`);
    return { commit: null, branch: null, url: null };
  }
  const as = pullRequest ? "branch" : commit ? "commit" : "file";
  const slug = `${change.workload}-${change.ring}-${change.version}`;
  const branch = `flotilla/${slug.replaceAll(/[^A-Za-z0-9._-]/g, "-")}`;
  const proposed = await propose({ file, text, subject, as, branch });
  session.progress(line);
  session.progress(nextStep(shownPath(file), proposed));
  return proposed;
}

function nextStep(file: string, { commit, branch, url }: Proposed): string {
  if (branch !== null)
    return `Pushed the branch ${branch}. Open a pull request${url ? `: ${url}` : ""}`;
  if (commit === null) return `Wrote ${file}. Commit it; flotilla publish brings it to the devices`;
  return `Committed ${commit.slice(0, 12)}. flotilla publish brings it to the devices`;
}
