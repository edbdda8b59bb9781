/** A number of shards that is too small for the devices is named, with the least that is enough. */
import { describe, expect, test } from "vitest";
import { formatMistake } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { shardNotes } from "../../../fleet/resolve/shard-notes.ts";
import { deviceMost, hubSize } from "../../../fleet/rules/hub-size.ts";
import { workplace } from "../../cli/plan/workplace.ts";
import { fleetText } from "./machine/machine-fleet.ts";

function notesOf(deviceCount: number, shards: number | undefined, machineType?: string): string[] {
  const pool = machineType === undefined ? "" : `, nodePool: { machineType: ${machineType} }`;
  const text = fleetText({}).replace(/harbor-edge-hub /, `harbor-edge-hub${pool} `);
  const more = shards === undefined ? "" : `argocd: { shards: ${shards} }\n`;
  const source = parseSource("fleet.yaml", text + more);
  return shardNotes(source, declareFleet(source).input, deviceCount).map(formatMistake);
}

const note = (found: number, devices: number, wanted: number, each: number, chosen: number) =>
  `fleet.yaml:15:19: argocd.shards: found ${found}, and ${devices} devices need ${wanted} shards: ` +
  `the memory of one is enough for ${each} devices. With more, it is stopped again and again, and ` +
  `its devices get no changes. Write at least ${wanted}, or delete this line: Flotilla then chooses ${chosen}.`;

describe("a note", () => {
  test.each([
    [1, 2_727, undefined, note(1, 2_727, 2, 2_726, 2)],
    [2, 5_000, undefined, note(2, 5_000, 3, 2_726, 3)],
    // Five is between the steps, and enough.
    [4, 11_000, undefined, note(4, 11_000, 5, 2_726, 6)],
    [3, 300, "e2-standard-2", note(3, 300, 4, 109, 4)],
  ])("%i shards for %i devices on %s", (shards, count, machineType, expected) => {
    expect(notesOf(count, shards, machineType)).toEqual([expected]);
  });

  test.each([
    [1, 2_726, undefined],
    [2, 4_000, undefined],
    [5, 11_000, undefined],
    [2, 2, undefined],
    [4, 300, "e2-standard-2"],
  ])("is not made for enough: %i shards for %i devices on %s", (shards, count, machineType) => {
    expect(notesOf(count, shards, machineType)).toEqual([]);
  });

  test("is not made for the number that Flotilla chooses", () => {
    expect(notesOf(20_000, undefined)).toEqual([]);
    for (let count = 1; count <= deviceMost(); count += 997) {
      expect(notesOf(count, hubSize(count, null)?.shards)).toEqual([]);
    }
  });
});

test("validate prints it, and goes on", async () => {
  const { code, err } = await workplace(many).run(["validate"]);
  expect(code).toBe(0);
  expect(err).toMatch(
    /^fleet\.yaml:11:19: argocd\.shards: note: found 1, and 110 devices need 2 shards: /m,
  );
});

const many = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git", push: state.git }
cloud: { provider: google, project: harbor-edge-hub, nodePool: { machineType: e2-standard-2 } }
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda }
sites:
  boston: { profile: mini-pc }
devices:
  store-{001..110}: { site: boston }
argocd: { shards: 1 }
`;
