/** Taints and components whose effect surprises are named, each once, however many devices have them. */
import { describe, expect, test } from "vitest";
import { k3sComponents } from "../../../fleet/model/k3s-components.ts";
import { formatMistake } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { nodeNotes } from "../../../fleet/resolve/node-notes.ts";
import { fleetText, type Levels } from "./machine/machine-fleet.ts";

function notesOf(levels: Levels, installed = "v1.36.4+k3s1", more = ""): string[] {
  const source = parseSource("fleet.yaml", fleetText(levels) + more);
  const { input, devices } = declareFleet(source);
  return nodeNotes(source, input, devices, installed).map(formatMistake);
}

const taints = (...list: string[]) => `k3s: { nodeTaints: [${list.join(", ")}] }`;
const others = "workloads, including the built-in telemetry, run only if their pods tolerate it.";
const noDns = `K3s' own pods, including CoreDNS, do not run with it, so pods have no DNS on the device. Also, ${others} PreferNoSchedule does not have this effect.`;

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

describe("components that K3s does not have yet", () => {
  const upgrade = (stable: string) =>
    `k3s: { versions: { canary: v1.28.0+k3s1, early: v1.28.0+k3s1, stable: ${stable} } }\n`;

  // Sources: see fleet/model/k3s-components.ts.
  test.each([
    ["traefik", "v1.18.2+k3s1", "v1.18.2+k3s1"],
    ["servicelb", "v1.18.2+k3s1", "v1.18.2+k3s1"],
    ["metrics-server", "v1.18.2+k3s1", "v1.18.2+k3s1"],
    ["local-storage", "v1.18.2+k3s1", "v1.18.2+k3s1"],
    ["runtimes", "v1.28.4+k3s2", "v1.29.0+k3s1"],
    ["gateway-api-crd", "v1.36.4+k3s1", "v1.37.0+k3s1"],
  ] as const)("%s: not %s, but %s", (name, before, since) => {
    const levels = { site: `k3s: { disable: [${name}] }` };
    expect(Object.keys(k3sComponents)).toContain(name);
    expect(notesOf(levels, since)).toEqual([]);
    if (before === since) return;
    const minor = since.slice(0, 5);
    expect(notesOf(levels, before)).toEqual([
      `fleet.yaml:12:22: sites.boston.k3s.disable.0: K3s has ${name} since ${minor}, and these devices run ${before}. The name has no effect until they are upgraded.`,
    ]);
    expect(notesOf(levels, before, upgrade(since))).toEqual([]);
    expect(notesOf(levels, "v2.0.0+k3s1")).toEqual([]);
  });

  test("every component is in the table above", () => {
    expect(Object.values(k3sComponents).filter((minor) => minor > 0)).toEqual([29, 37]);
  });
});
