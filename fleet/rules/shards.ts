/**
 * Which pod of Argo CD's controller a device belongs to. It depends on the device's name and the number of
 * shards alone: another device moves none, and of n + 1 shards the new one takes a fair share from each,
 * and nothing moves between the others (rendezvous hashing).
 */
import { hash } from "node:crypto";

/** @returns 0 to `shards` - 1 */
export function shardOf(device: string, shards: number): number {
  let [chosen, highest] = [0, -1];
  for (let shard = 0; shard < shards; shard++) {
    const weight = weightOf(device, shard);
    if (weight > highest) [chosen, highest] = [shard, weight];
  }
  return chosen;
}

/** 48 bits. */
function weightOf(device: string, shard: number): number {
  return hash("sha256", `flotilla shard ${shard} ${device}`, "buffer").readUIntBE(0, 6);
}
