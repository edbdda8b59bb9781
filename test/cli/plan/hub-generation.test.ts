/** A plan and a publish with another generation of the hub's keys. */
import { expect, test } from "vitest";
import { isolateGit } from "../publish/state-repository.ts";
import { editedWorkplace, expectPublish, fleetText } from "./workplace.ts";

isolateGit();

const declared = (generation: number) =>
  generation === 1 ? fleetText : `${fleetText}hub: { generation: ${generation} }\n`;
const workplace = (before: number, after: number) =>
  editedWorkplace(declared(before), declared(after));

test("says what to do, which devices follow, and which do not", async () => {
  const [range, direct] = ["store-{01..02}: { site: boston }", "connectivity: direct"];
  const text = fleetText.replace(
    range,
    `store-01: { site: boston, ${direct}, address: 192.0.2.7 }\n  store-02: { site: boston }`,
  );
  // A new device has nothing to drop.
  const more = text.replace("store-02:", "store-20: { site: boston }\n  store-02:");
  const { run } = await editedWorkplace(text, `${more}hub: { generation: 2 }\n`);
  const { code, out, err } = await run(["plan"]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain(`
Keys of the hub
  generation 1 → 2
      Run flotilla bootstrap before the publish: it places the keys of generation 2. The gateways restart with them.
      11 devices with a tunnel drop older keys automatically, within about five minutes or when they are back. Images made before Flotilla 0.2.0 can't do that.
      Devices without a tunnel drop older keys automatically, within about five minutes after Argo CD has reached them: store-01
`);
  const { hubKeys } = JSON.parse((await run(["plan", "--json"])).out);
  expect(hubKeys).toMatchObject({ before: 1, after: 2, direct: ["store-01"] });
  expect(hubKeys.following).toHaveLength(11);
});

const keysIn = (out: string) => /^Keys of the hub\n.*\n([^]*?)\n\n/m.exec(out)?.[1] ?? "";

test.each([
  [1, 4, ["Run flotilla bootstrap", "12 devices with a tunnel"]],
  [
    4,
    5,
    [
      "Run flotilla bootstrap",
      "12 devices with a tunnel",
      "Devices that were installed from an image of generation 2 or earlier can't follow: it knows none after 4.",
    ],
  ],
  [
    6,
    7,
    ["Run", "12 devices", "Devices that were installed from an image of generation 4 or earlier"],
  ],
  [1, 5, ["Run flotilla bootstrap", "12 devices can't follow, and the hub can't reach them until"]],
  [3, 2, ["12 devices can't follow, and the hub can't reach them until"]],
])(
  "does not promise that devices follow which can't: from %i to %i",
  async (before, after, lines) => {
    const { run } = await workplace(before, after);
    const found = keysIn((await run(["plan"])).out).split("\n");
    expect(found).toEqual(lines.map((line) => expect.stringContaining(line)));
    const { hubKeys } = JSON.parse((await run(["plan", "--json"])).out);
    const areCutOff = after < before || (after === 5 && before === 1);
    expect([hubKeys.following.length, hubKeys.cutOff.length]).toEqual(
      areCutOff ? [0, 12] : [12, 0],
    );
  },
);

test.each([
  [1, 1],
  [2, 2],
])("says nothing of it from %i to %i", async (before, after) => {
  const { run } = await workplace(before, after);
  const { out } = await run(["plan"]);
  expect(out).not.toContain("Keys of the hub");
});

test.each([
  [1, 4, undefined],
  [2, 4, undefined],
  [1, 5, "hub.generation goes from 1 to 5, and images of generation 1 know none after 4"],
  [2, 99, "hub.generation goes from 2 to 99, and images of generation 2 know none after 4"],
  [3, 7, "hub.generation goes from 3 to 7, and images of generation 3 know none after 6"],
  [3, 2, "the hub in the state repository has keys of generation 3, and hub.generation in the"],
  [2, 1, "the hub in the state repository has keys of generation 2, and hub.generation in the"],
])("publishes what devices can follow: from %i to %i", async (before, after, problem) => {
  await expectPublish(await workplace(before, after), problem);
});
