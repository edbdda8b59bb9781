/** Which of two versions is newer: of K3s, of Fedora CoreOS, of a chart. */
import { OperationError } from "../../fleet/files/operation-error.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

/** By the numbers in it, in their order: `v1.36.4+k3s1` is before `v1.36.10+k3s1`. */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [numbersIn(a), numbersIn(b)];
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    const difference = (first[index] ?? 0) - (second[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

function numbersIn(version: string): number[] {
  return [...version.replace(/^v/, "").matchAll(/(?<![A-Za-z])\d+|(?<=k3s)\d+/g)].map(Number);
}

/** A version of semver.org without a pre-release, with or without a `v`. */
function isStable(version: string): boolean {
  return /^v?\d+\.\d+\.\d+(\+[0-9A-Za-z.-]+)?$/.test(version);
}

/** Whether an update promises to break nothing: the same first number that is not 0. */
function isCompatible(version: string, pinned: string): boolean {
  const [first, second] = [numbersIn(version), numbersIn(pinned)];
  const length = second.findIndex((number) => number !== 0) + 1;
  return length > 0 && second.slice(0, length).every((number, index) => number === first[index]);
}

/**
 * The newest stable version of a chart that is compatible with the pinned one.
 *
 * @param place where the versions are from
 * @throws OperationError if there is none, or only older ones
 */
export function newestChartVersion(
  name: string,
  place: string,
  versions: readonly string[],
  pinned: string,
): string {
  const newest = versions
    .filter((version) => isStable(version) && isCompatible(version, pinned))
    .toSorted(compareVersions)
    .at(-1);
  if (newest === undefined) {
    throw new OperationError(
      `${place}: the chart ${name} has no version compatible with ${pinned}`,
    );
  }
  if (compareVersions(newest, pinned) < 0) {
    throw new OperationError(
      `${place}: the newest version of the chart ${name} is ${newest}, and the lock pins ${pinned}. To pin it anyway: ${flotillaCommand("pin")} --only charts/${name} --to ${newest}`,
    );
  }
  return newest;
}
