/** A plan and a publish of devices with a lower generation than the published one. */
import { test } from "vitest";
import { isolateGit } from "../publish/state-repository.ts";
import { editedWorkplace, expectPublish, fleetText } from "./workplace.ts";

isolateGit();

const declared = (generation: number) =>
  fleetText.replace(
    "store-{01..02}: { site: boston }",
    `store-{01..02}: { site: boston, generation: ${generation} }`,
  );

test.each([
  [declared(1), declared(2), undefined],
  // A removed device.
  [declared(2), declared(2).replace(/ {2}store-\{01\.\.02.*\n/, ""), undefined],
  [
    declared(3),
    declared(2),
    "2 devices (store-01, store-02) in the state repository have a higher generation than in the fleet file (store-01 has 3, and the fleet file says 2). The keys of generation 2 were revoked, and would be valid again. Write generation: 3 or a higher one. If no image of generation 3 exists, publish with --force",
  ],
  [declared(2), fleetText, "store-01 has 2, and the fleet file says 1"],
])("revoked keys stay revoked: case %#", async (before, after, problem) => {
  await expectPublish(await editedWorkplace(before, after), problem);
});
