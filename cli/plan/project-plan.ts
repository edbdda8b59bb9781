/** Calculates the plan of a project: what its next publish changes. */
import { explainHubSize, fleetHubSize } from "../../fleet/rules/hub-size.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import type { Project } from "../project/project.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { checkAdditions } from "../project/snippet-check.ts";
import { noteChartPins } from "../project/chart-notes.ts";
import type { FoundState } from "../publish/publish.ts";
import { compareState, comparisonOf, publishedImages } from "./state-comparison.ts";
import type { StateComparison } from "./state-comparison.ts";
import { deviceChanges } from "./device-changes.ts";
import { deviceGenerationProblem } from "./device-generation.ts";
import { deviceOf, differencesOf, fleetLabels } from "./registration-differences.ts";
import { lostLockProblem } from "./lost-lock.ts";
import { hubGenerationProblem, hubKeysChange } from "./hub-generation.ts";
import { hubChanges } from "./hub-changes.ts";
import { k3sRestarts } from "./k3s-restarts.ts";
import { affectedDevices, outcomesOf } from "./outcomes.ts";
import { imageStates, outcomes, terraformActions } from "./plan.ts";
import type { Plan, Summary, TerraformPlan } from "./plan.ts";
import { staleMedia } from "../project/site-record.ts";
import { rolloutChanges } from "./rollout-changes.ts";
import { selectionsOf } from "./selections.ts";
import { unwatchedKinds } from "./unwatched-kinds.ts";

/**
 * @param onProblem called with the reason if a publish of this would be refused
 * @param found the tip that a publish has fetched @default it is fetched
 * @throws OperationError if the state repository can't be read
 */
export async function planProject(
  project: Project,
  terraform: readonly TerraformPlan[],
  session: Session,
  onProblem = (problem: string) => session.progress(`A publish would be refused: ${problem}`),
  found?: FoundState,
): Promise<Plan> {
  const { fleet, directory } = project;
  await checkAdditions(project, session);
  await noteChartPins(project, session);
  const { push: remote, branch } = fleet.repository;
  const repository = { remote, branch, directory, onProgress: session.progress };
  const { knowsImages } = project;
  const tree = knowsImages
    ? await project.state()
    : await project.stateWith(await publishedImages(repository));
  const comparison =
    found === undefined
      ? await compareState({ ...repository, tree })
      : await comparisonOf(tree, found);
  const problem =
    lostLockProblem(comparison.files, fleet.name, shownPath(project.files.lockFile)) ??
    hubGenerationProblem(comparison.files) ??
    deviceGenerationProblem(comparison.files);
  if (problem !== undefined) onProblem(problem);
  const stale = await staleMedia(project);
  return {
    ...planOf(fleet, tree, comparison, terraform, knowsImages),
    ...(stale.length > 0 && { staleMedia: stale }),
  };
}

/**
 * @param tree the new state, of the same fleet
 * @param knowsImages whether it has the fingerprints of images made now, or those that were published
 */
export function planOf(
  fleet: Fleet,
  tree: Tree,
  { repository, tip, changes, publishes, files }: StateComparison,
  terraform: readonly TerraformPlan[],
  knowsImages = true,
): Plan {
  const differences = differencesOf(files.filter(({ path }) => deviceOf(path) !== undefined));
  const selections = selectionsOf(tree, files, fleetLabels(fleet, differences));
  const paths = new Set(tree.keys());
  const devices = deviceChanges(fleet, differences, selections, knowsImages);
  const rollouts = rolloutChanges(files, paths, selections, fleet.rings, unwatchedKinds(files));
  const hub = hubChanges(files, paths);
  const restarts = k3sRestarts(fleet, tree, files, selections);
  const lists = outcomesOf(fleet, { devices, rollouts, restarts });
  const hubKeys = hubKeysChange(fleet, files, lists.added);
  const parts = { devices, rollouts, restarts, hub, outcomes: lists, terraform };
  return {
    fleet: fleet.name,
    domain: fleet.domain,
    repository,
    branch: fleet.repository.branch,
    tip,
    summary: summaryOf(fleet, parts, publishes, knowsImages),
    ...parts,
    ...(hubKeys && { hubKeys }),
    hubSize: explainHubSize(fleet.devices.length, fleetHubSize(fleet), fleet.cloud),
    files: changes,
  };
}

type Parts = Pick<Plan, "devices" | "rollouts" | "restarts" | "hub" | "outcomes" | "terraform">;

function summaryOf(
  fleet: Fleet,
  { devices, rollouts, restarts, hub, outcomes: lists, terraform }: Parts,
  publishes: boolean,
  knowsImages: boolean,
): Summary {
  const images = countBy(imageStates, (state) => devices.filter(({ image }) => image === state));
  // Those whose registration does not differ.
  const others = fleet.devices.length - devices.filter(({ image }) => image !== null).length;
  const resources = terraform.flatMap((plan) => plan.resources);
  const outputs = terraform.flatMap((plan) => plan.outputs);
  return {
    changes: publishes || resources.length + outputs.length > 0,
    devices: countBy(outcomes, (outcome) => lists[outcome]),
    affectedDevices: affectedDevices(devices, rollouts).size,
    restartingDevices: restarts.flatMap((restart) => restart.devices).length,
    images: knowsImages
      ? { ...images, same: images.same + others }
      : { ...images, unknown: images.unknown + others },
    rollouts: rollouts.length,
    hub: hub.length,
    terraform: countBy(terraformActions, (action) =>
      resources.filter((resource) => resource.action === action),
    ),
  };
}

function countBy<Key extends string>(
  keys: readonly Key[],
  itemsOf: (key: Key) => readonly unknown[],
): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, itemsOf(key).length])) as Record<Key, number>;
}
