/** A removed object whose kind no other object has: Argo CD stops watching the kind, and does not remove it. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwatchedKinds } from "../../../cli/plan/unwatched-kinds.ts";
import { isolateGit } from "../publish/state-repository.ts";
import { fleetText, workplace } from "./workplace.ts";

isolateGit();

const object = (kind: string, name: string) =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;

test("plan names it, and no object whose kind is still watched", async () => {
  const board = "  board: { versions: { canary: 1, early: 1, stable: 1 }, manifests: board }\n";
  const { folder, write, run } = workplace(fleetText + board.replaceAll(" 1", ' "1"'));
  mkdirSync(join(folder, "board"));
  write("board/a.yaml", object("ConfigMap", "first"));
  write("board/b.yaml", object("ConfigMap", "second"));
  write("board/c.yaml", object("ServiceAccount", "robot"));
  expect(await run(["publish"])).toMatchObject({ code: 0 });
  for (const name of ["b", "c"]) rmSync(join(folder, "board", `${name}.yaml`));
  const { out } = await run(["plan"]);
  expect(out).toContain("      - ConfigMap board/second\n");
  expect(out.replaceAll(/\n +/g, " ")).toContain(
    "- ServiceAccount board/robot (stays on the devices: Argo CD no longer watches this kind; delete it there)",
  );
});

test("values without a list of kinds watch none", () => {
  const path = "hub/argocd/values.yaml";
  const before = "configs: { cm: { resource.inclusions: 7 } }\n";
  expect([...unwatchedKinds([{ path, before, after: undefined }])]).toEqual([]);
  expect([...unwatchedKinds([])]).toEqual([]);
});
