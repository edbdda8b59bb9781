/** Taints that keep pods from a device are named, each once, however many devices have it. */
import { expect, test } from "vitest";
import { formatMistake } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { taintNotes } from "../../../fleet/resolve/taint-notes.ts";
import { fleetText, type Levels } from "./machine/machine-fleet.ts";

function notesOf(levels: Levels): string[] {
  const source = parseSource("fleet.yaml", fleetText(levels));
  const { input, devices } = declareFleet(source);
  return taintNotes(source, input, devices).map(formatMistake);
}

const taints = (...list: string[]) => `k3s: { nodeTaints: [${list.join(", ")}] }`;
const others = "workloads, the built-in telemetry among them, run only if their pods tolerate it.";
const noDns = `K3s' own pods, CoreDNS among them, do not run with it: the device then has no DNS for its pods. Also ${others} PreferNoSchedule keeps no pod away.`;

test.each([
  ["dedicated=till:NoSchedule", noDns],
  ["dedicated:NoExecute", noDns],
  ["node-role.kubernetes.io/control-plane:NoExecute", noDns],
  ["CriticalAddonsOnly=true:NoExecute", `${others} K3s' own pods do.`],
  ["CriticalAddonsOnly:NoSchedule", `${others} K3s' own pods do.`],
  ["node-role.kubernetes.io/control-plane=x:NoSchedule", `${others} K3s' own pods do.`],
])("%s", (taint, message) => {
  expect(notesOf({ site: taints(taint) })).toEqual([
    `fleet.yaml:12:25: sites.boston.k3s.nodeTaints.0: ${message}`,
  ]);
});

test("PreferNoSchedule is not named, and a device without taints neither", () => {
  expect(notesOf({ site: taints("dedicated:PreferNoSchedule") })).toEqual([]);
  expect(notesOf({ site: "k3s: { disable: [traefik] }" })).toEqual([]);
});

test("the level that wrote it has the note, and what another one replaces has none", () => {
  const all = { site: taints("a:NoSchedule"), override: taints("b:PreferNoSchedule, c:NoExecute") };
  expect(notesOf(all).map((note) => note.replace(/(Taints\.\d): .*/, "$1"))).toEqual([
    "fleet.yaml:12:25: sites.boston.k3s.nodeTaints.0",
    "fleet.yaml:18:49: devices.till-{1..2}.overrides.till-2.k3s.nodeTaints.1",
  ]);
});
