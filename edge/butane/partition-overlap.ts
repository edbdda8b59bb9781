/**
 * Finds partitions of a disk that overlap, in almost linear time: a table with thousands of partitions
 * must not take minutes.
 */
import type { JsonObject } from "./json.ts";

interface Extent {
  readonly index: number;
  readonly startMiB: number;
  /** The last MiB of the partition, or its start if it fills the rest of the disk. */
  readonly endMiB: number;
}

/**
 * The index of a partition that overlaps the first one with an overlap. Partitions without a start are
 * skipped: Ignition places them where there is room.
 */
export function firstOverlapping(partitions: readonly JsonObject[]): number | undefined {
  const extents: Extent[] = [];
  for (const [index, { startMiB, sizeMiB }] of partitions.entries()) {
    if (typeof startMiB !== "number" || typeof sizeMiB !== "number" || startMiB === 0) continue;
    const endMiB = sizeMiB === 0 ? startMiB : startMiB + sizeMiB - 1;
    extents.push({ index, startMiB, endMiB });
  }
  const hasOverlap = overlapsIn(extents);
  const one = extents.find(hasOverlap);
  return one && extents.find((other) => other !== one && overlap(one, other))?.index;
}

function overlap(one: Extent, other: Extent): boolean {
  const holds = (position: number) => position >= other.startMiB && position <= other.endMiB;
  const straddles = one.startMiB < other.startMiB && one.endMiB > other.endMiB;
  return holds(one.startMiB) || holds(one.endMiB) || straddles;
}

/** Whether an extent overlaps another one. With a negative size, its end comes before its start. */
function overlapsIn(extents: readonly Extent[]): (one: Extent) => boolean {
  const sorted = extents.toSorted((a, b) => a.startMiB - b.startMiB);
  /** The extents with the highest and the second highest end, up to each place. */
  const last: (Extent | undefined)[] = [];
  const secondLast: (Extent | undefined)[] = [];
  for (const [at, extent] of sorted.entries()) {
    const [first, second] = [last[at - 1], secondLast[at - 1]];
    const isLast = first === undefined || extent.endMiB > first.endMiB;
    last.push(isLast ? extent : first);
    const isSecond = second === undefined || extent.endMiB > second.endMiB;
    secondLast.push(isLast ? first : isSecond ? extent : second);
  }
  /** The lowest end of the extents, from each place on. */
  const firstEnds: number[] = [];
  for (const [at, { endMiB }] of [...sorted.entries()].toReversed()) {
    firstEnds[at] = Math.min(endMiB, firstEnds[at + 1] ?? Infinity);
  }
  const isHeld = (one: Extent, position: number) => {
    const at = countUpTo(sorted, position) - 1;
    const other = last[at] === one ? secondLast[at] : last[at];
    return other !== undefined && other.endMiB >= position;
  };
  return (one) =>
    isHeld(one, one.startMiB) ||
    isHeld(one, one.endMiB) ||
    (firstEnds[countUpTo(sorted, one.startMiB)] ?? Infinity) < one.endMiB;
}

/** How many extents start at the position or before it. */
function countUpTo(sorted: readonly Extent[], position: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.startMiB ?? Infinity) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
