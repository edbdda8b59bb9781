/** What another generation of the hub's keys does to devices: which follow, which do not. */
import { fieldAt } from "../../fleet/model/values.ts";
import { hubAuthoritySecret } from "../../fleet/model/contract.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { carriedGenerations, hubGenerationsMax } from "../../fleet/model/hub-generations.ts";
import { parseStatePath } from "../../fleet/model/state-layout.ts";
import { documentsOf, type FileChange } from "./object-changes.ts";
import type { HubKeysChange } from "./plan.ts";

/**
 * Undefined if the hub keeps its keys.
 *
 * @param added names of devices that the state repository does not have yet
 */
export function hubKeysChange(
  fleet: Fleet,
  files: readonly FileChange[],
  added: readonly string[],
): HubKeysChange | undefined {
  const generations = generationsOf(files);
  if (generations === undefined) return undefined;
  const isNew = new Set(added);
  const having = (connectivity: "gateway" | "direct") =>
    fleet.devices
      .filter((device) => device.connectivity === connectivity && !isNew.has(device.name))
      .map(({ name }) => name)
      .toSorted();
  const [following, direct] = [having("gateway"), having("direct")];
  return canFollow(generations)
    ? { ...generations, following, direct, cutOff: [] }
    : { ...generations, following: [], direct: [], cutOff: [...following, ...direct].toSorted() };
}

type Generations = Pick<HubKeysChange, "before" | "after">;

/** The last generation that images of this one know. */
const lastKnown = (generation: number) => carriedGenerations(generation).at(-1) ?? generation;

function canFollow({ before, after }: Generations): boolean {
  return after > before && after <= lastKnown(before);
}

/** Why devices could not follow, and what to write instead; undefined if they can. */
export function hubGenerationProblem(files: readonly FileChange[]): string | undefined {
  const { before, after } = generationsOf(files) ?? { before: 1, after: 1 };
  if (after < before) {
    return (
      `the hub in the state repository has keys of generation ${before}, and hub.generation in the ` +
      `fleet file is ${after}. Devices do not go back to older keys. Write ${before} or a higher one`
    );
  }
  if (after === before || canFollow({ before, after })) return undefined;
  return (
    `hub.generation goes from ${before} to ${after}, and images of generation ${before} know none ` +
    `after ${lastKnown(before)}: no device could follow. Write ${before + 1}. If every device gets a new image, ` +
    "publish with --force"
  );
}

function generationsOf(files: readonly FileChange[]): Generations | undefined {
  const file = files.find(({ path }) => parseStatePath(path)?.kind === "identity");
  const [before, after] = [generationIn(file?.before), generationIn(file?.after)];
  if (before === undefined || after === undefined || before === after) return undefined;
  return { before, after };
}

/** By the name of the authority that issues the hub's certificate. */
function generationIn(text: string | undefined): number | undefined {
  const issuer = documentsOf(text)?.find(({ kind }) => kind === "Issuer");
  const name = fieldAt(issuer, ["metadata", "name"]);
  const all = Array.from({ length: hubGenerationsMax }, (_, index) => index + 1);
  return all.find((generation) => hubAuthoritySecret(generation) === name);
}
