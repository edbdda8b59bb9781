/**
 * The generations of removed devices. The lock keeps them with the retired address: a device that gets the name
 * again must not go back to keys that were revoked.
 */
import type { Mistake } from "../grammar/mistakes.ts";
import type { Lock } from "../lock/lock.ts";
import type { LockedKey } from "../lock/public-keys.ts";
import type { Declaration } from "./declaration.ts";

/**
 * The keys that the lock keeps: of removed devices with a higher generation than the first.
 *
 * @param old the lock as it was read
 * @param retired the addresses that are retired now
 */
export function retiredKeys(
  old: Lock,
  retired: Lock["tunnel"]["retired"],
): readonly (readonly [string, LockedKey])[] {
  return [...(old.publicKeys?.devices ?? [])].filter(
    ([name, { generation }]) => generation > 1 && Object.hasOwn(retired, name),
  );
}

/** One mistake for each line of the fleet file with a device that had a higher generation before it was removed. */
export function revivedMistakes({ source, devices }: Declaration, lock: Lock): readonly Mistake[] {
  const before = new Map(retiredKeys(lock, lock.tunnel.retired));
  if (before.size === 0) return [];
  const byLine = new Map<string, Mistake>();
  for (const { name, generation, path } of devices) {
    const revoked = before.get(name)?.generation ?? generation;
    const line = JSON.stringify(path);
    if (revoked <= generation || byLine.has(line)) continue;
    const message = `${name} had generation ${revoked} before it was removed, and the keys of generation ${generation} were revoked. Write generation: ${revoked} or a higher one. If no image of generation ${revoked} exists, delete its line under publicKeys in the lock.`;
    byLine.set(line, source.keyMistake(path, message));
  }
  return [...byLine.values()];
}
