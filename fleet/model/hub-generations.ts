/**
 * Generations of the hub's keys: the authority of its client certificates, and the keys of its
 * gateways. A device trusts those that its image carries, and drops the older ones as soon as it meets
 * a newer one (edge/parts/hub-generations/follow-hub.sh, and read-hub-statement.sh beside it).
 */

/** Nobody needs more, and a typing mistake does not end in a number that cannot be lowered. */
export const hubGenerationsMax = 99;

/** Generations come in pairs: an image carries the rest of its own pair, and the next pair. */
const pair = 2;

/** The first generation of a pair. Images of the same pair need not be made again. */
export function hubFirstOfPair(generation: number): number {
  return generation - ((generation - 1) % pair);
}

/**
 * The generations that an image carries: its own, and at least two more. `plan` asks for new images
 * at the first generation of a pair, two generations before the old images stop working.
 */
export function carriedGenerations(generation: number): readonly number[] {
  const last = hubFirstOfPair(generation) + 2 * pair - 1;
  return Array.from({ length: last - generation + 1 }, (_, index) => generation + index);
}

/** The last generation of images that do not know this generation of the hub; 0 if all do. */
export function lastImageWithout(generation: number): number {
  return Math.max(0, hubFirstOfPair(generation) - pair - 1);
}

/**
 * What the authority of a generation signs for the devices without a tunnel
 * (edge/parts/hub-generations/read-hub-statement.sh). A certificate begins with 0x30, so this text cannot be taken for one.
 */
export function hubStatementText(generation: number): string {
  return `flotilla: the hub has generation ${generation}\n`;
}
