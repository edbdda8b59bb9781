/** Notes about a number of shards that is too small for the devices. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { hubSize, machineTypeOf, shardsMin } from "../rules/hub-size.ts";
import { cloudRules } from "./clouds.ts";

/**
 * Not a mistake: values of the operator can give the pods more memory, and with fewer shards than devices need, the
 * first of two steps to more of them is published (docs/how-to/run-a-large-fleet.md).
 */
export function shardNotes(source: Source, input: FleetInput, deviceCount: number): Mistake[] {
  const { shards } = input.argocd;
  const size = hubSize(deviceCount, machineTypeOf(cloudRules(input).resolved(deviceCount)));
  if (shards === undefined || size === undefined) return [];
  const wanted = shardsMin(deviceCount, size);
  if (shards >= wanted) return [];
  const message = `found ${shards}, and ${deviceCount} devices need ${wanted} shards: the memory of one is enough for ${size.devicesPerShard} devices. With more, it is stopped again and again, and its devices get no changes. Write at least ${wanted}, or delete this line: Flotilla then chooses ${size.shards}.`;
  return [source.mistake(["argocd", "shards"], message)];
}
