/**
 * Notes about `k3s` of a device: taints that keep pods from its node, and components that its K3s does not have.
 *
 * Source of what tolerates what: K3s' own manifests (`manifests/coredns.yaml` and its neighbours in
 * k3s-io/k3s).
 */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { levelsOf, type DeclaredDevice } from "./declared-devices.ts";
import { hasComponent, isComponent, k3sComponents } from "../model/k3s-components.ts";
import { inheritedBook, type Inherited } from "./machine/inherited.ts";
import type { K3sInput } from "./machine/k3s.ts";

/**
 * One for each taint and component of the fleet file.
 *
 * @param installed the release of K3s that new images install
 */
export function nodeNotes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
  installed: string,
): Mistake[] {
  const declaredAt = inheritedBook<K3sInput>(source, input, "k3s");
  const releasesByNode = new Map<Inherited<K3sInput>, Set<string>>();
  for (const { profile, site, path, ring } of devices) {
    const k3s = declaredAt(levelsOf(profile.name, site.name, path));
    if (k3s === undefined) continue;
    const releases = releasesByNode.get(k3s) ?? new Set();
    releasesByNode.set(k3s, releases.add(input.k3s?.versions[ring] ?? installed));
  }
  const notes = [...releasesByNode].flatMap(([k3s, releases]) => [
    ...taintNotes(k3s),
    ...componentNotes(k3s, [...releases]),
  ]);
  return [...new Map(notes.map((note) => [`${note.line}:${note.column}`, note])).values()];
}

function taintNotes(k3s: Inherited<K3sInput>): Mistake[] {
  return (k3s.value.nodeTaints ?? []).flatMap((taint, index) =>
    taint.endsWith(":PreferNoSchedule")
      ? []
      : [k3s.mistake(["nodeTaints", index], consequences(taint))],
  );
}

/** Not a mistake: K3s ignores the name, and has the component after an upgrade. */
function componentNotes(k3s: Inherited<K3sInput>, releases: readonly string[]): Mistake[] {
  return (k3s.value.disable ?? []).flatMap((name, index) => {
    if (!isComponent(name) || releases.some((release) => hasComponent(release, name))) return [];
    const message = `K3s has ${name} since v1.${k3sComponents[name]}, and these devices run ${releases.toSorted().join(", ")}. The name has no effect until they are upgraded.`;
    return [k3s.mistake(["disable", index], message)];
  });
}

function consequences(taint: string): string {
  const affected =
    "workloads, including the built-in telemetry, run only if their pods tolerate it";
  if (isTolerated(taint)) return `${affected}. K3s' own pods do.`;
  return `K3s' own pods, including CoreDNS, do not run with it, so pods have no DNS on the device. Also, ${affected}. PreferNoSchedule does not have this effect.`;
}

/** Whether the pods of K3s tolerate it. */
function isTolerated(taint: string): boolean {
  const [, key, effect] = /^([^=:]*)[^:]*:(.*)$/.exec(taint) ?? [];
  if (key === "CriticalAddonsOnly") return true;
  return key === "node-role.kubernetes.io/control-plane" && effect === "NoSchedule";
}
