import { expect, test } from "vitest";
import { cloudRules } from "../../../fleet/resolve/clouds.ts";
import { maxNodesOf } from "../../../fleet/resolve/google-cloud.ts";
import { deviceMost } from "../../../fleet/rules/hub-size.ts";
import { formatMistake } from "../../../fleet/grammar/mistakes.ts";
import { cloudSchema } from "../../../fleet/grammar/cloud-schema.ts";
import type { FleetInput } from "../../../fleet/grammar/fleet-schema.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";

/** The mistakes of a fleet file with this part `cloud` and so many devices. */
function said(cloud: string, deviceCount: number): string {
  const source = parseSource("fleet.yaml", `cloud:\n  provider: google\n${cloud}`);
  const value = source.value as { readonly cloud: unknown };
  const argocd = { values: {} };
  const input = { cloud: cloudSchema.parse(value.cloud), argocd } as unknown as FleetInput;
  return cloudRules(input).mistakes(source, deviceCount).map(formatMistake).join("\n");
}

test("a fleet that no hub holds is refused at its place", () => {
  const project = "  project: harbor-edge-hub\n";
  const most = deviceMost();
  expect(said(project, most)).toBe("");
  expect(said(project, most + 1)).toBe(
    `fleet.yaml:2:3: cloud.nodePool.machineType: ${most + 1} devices are too many for one hub (at most ${most}). ` +
      "Divide the sites between several hubs: write hub at each site, and a file in environments for each hub.",
  );
  const pool = `${project}  nodePool:\n    maxNodes: 8\n`;
  expect(said(pool, 100_000)).toMatch(/^fleet\.yaml:5:5: cloud\.nodePool\.machineType: /);
});

test("a machine that is too small for the fleet is refused where it is written", () => {
  const pool = "  project: harbor-edge-hub\n  nodePool:\n    machineType: e2-standard-2\n";
  expect(said(pool, 300)).toBe("");
  expect(said(pool, 5_000)).toBe(
    "fleet.yaml:5:18: cloud.nodePool.machineType: e2-standard-2 is too small for 5000" +
      " devices. Delete this line: Flotilla then chooses the machine type.",
  );
});

test("a fleet in shards gets a node for each, and one more", () => {
  const pool = "  project: harbor-edge-hub\n  nodePool:\n";
  expect(said(`${pool}    minNodes: 1\n`, 10_000)).toBe("");
  expect(said(`${pool}    maxNodes: 6\n`, 10_000)).toBe(
    "fleet.yaml:5:15: cloud.nodePool.maxNodes: found 6, and 10000 devices require 6 shards of" +
      " Argo CD's controller, each on a node, and one more node. Write at least 7.",
  );
  const input = {
    cloud: cloudSchema.parse({ provider: "google", project: "harbor-edge-hub" }),
    argocd: { values: {} },
  } as unknown as Parameters<typeof maxNodesOf>[0];
  expect([39, 2_000, 10_000].map((count) => maxNodesOf(input, count))).toEqual([3, 3, 7]);
});
