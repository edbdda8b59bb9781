/**
 * Taints that keep pods from a device, which has one node. Source of what tolerates what: K3s' own manifests
 * (`manifests/coredns.yaml` and its neighbours in k3s-io/k3s).
 */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { levelsOf, type DeclaredDevice } from "./declared-devices.ts";
import { inheritedBook } from "./machine/inherited.ts";
import type { K3sInput } from "./machine/k3s.ts";

/** One for each taint of the fleet file. */
export function taintNotes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  const declaredAt = inheritedBook<K3sInput>(source, input, "k3s");
  const declared = devices.map(({ profile, site, path }) =>
    declaredAt(levelsOf(profile.name, site.name, path)),
  );
  const notes = new Map<string, Mistake>();
  for (const k3s of new Set(declared)) {
    for (const [index, taint] of (k3s?.value.nodeTaints ?? []).entries()) {
      if (taint.endsWith(":PreferNoSchedule")) continue;
      const note = k3s?.mistake(["nodeTaints", index], consequences(taint));
      if (note !== undefined) notes.set(`${note.line}:${note.column}`, note);
    }
  }
  return [...notes.values()];
}

function consequences(taint: string): string {
  const affected =
    "workloads, the built-in telemetry among them, run only if their pods tolerate it";
  if (isTolerated(taint)) return `${affected}. K3s' own pods do.`;
  return `K3s' own pods, CoreDNS among them, do not run with it: the device then has no DNS for its pods. Also ${affected}. PreferNoSchedule keeps no pod away.`;
}

/** Whether the pods of K3s tolerate it. */
function isTolerated(taint: string): boolean {
  const [, key, effect] = /^([^=:]*)[^:]*:(.*)$/.exec(taint) ?? [];
  if (key === "CriticalAddonsOnly") return true;
  return key === "node-role.kubernetes.io/control-plane" && effect === "NoSchedule";
}
