/** Notices a device whose generation is lower than that in the state repository: its revoked keys would be valid again. */
import type { FileChange } from "./object-changes.ts";
import { deviceOf, differencesOf, type Difference } from "./registration-differences.ts";
import { counted, rangesOf } from "./wording.ts";

/**
 * Why these changes can't be meant, and what to write instead; undefined if no device goes back.
 *
 * @param files of the state repository that differ
 */
export function deviceGenerationProblem(files: readonly FileChange[]): string | undefined {
  const lowered = differencesOf(files.filter(({ path }) => deviceOf(path) !== undefined)).filter(
    ({ before, after }) => generationOf(after) < generationOf(before),
  );
  const [first] = lowered;
  if (first === undefined) return undefined;
  const names = rangesOf(lowered.map(({ device }) => device));
  const shown = `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
  const [before, after] = [generationOf(first.before), generationOf(first.after)];
  return (
    `${counted(lowered.length, "device")} (${shown}) in the state repository ` +
    `${lowered.length === 1 ? "has" : "have"} a higher generation than in the fleet file (${first.device} ` +
    `has ${before}, and the fleet file says ${after}). The keys of generation ${after} were revoked, and would be ` +
    `valid again. Write generation: ${before} or a higher one. If no image of generation ${before} exists, ` +
    "publish with --force"
  );
}

/** A new or removed device does not go back. */
function generationOf(side: Difference["before"]): number {
  return Number(side?.facts["generation"]);
}
