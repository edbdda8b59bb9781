/** Git's `safe.bareRepository=explicit`, which forbids to find a bare repository by its folder. */
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fleetText, workplace } from "../plan/workplace.ts";
import { git, isolateGit } from "./state-repository.ts";

isolateGit();

const forbid = () =>
  writeFileSync(process.env["GIT_CONFIG_GLOBAL"] ?? "", "[safe]\n\tbareRepository = explicit\n");

const embeddedText = fleetText.replace("push: state.git", "push: dist/state.git");
const smaller = (text: string) => text.replace("store-{03..12}", "store-{03..11}");

describe("with safe.bareRepository=explicit", () => {
  test("the setting has an effect on this Git", async () => {
    const { folder, run } = workplace();
    expect((await run(["publish"])).code).toBe(0);
    forbid();
    expect(() => git(`${folder}/state.git`, "rev-parse", "main")).toThrow(
      /cannot use bare repository/,
    );
  });

  test("up makes the repository, and publishes into it again", async () => {
    forbid();
    const { run, write } = workplace(embeddedText);
    expect(await run(["up"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/Commit \w+: /),
    });
    write("fleet.yaml", smaller(embeddedText));
    const { code, out } = await run(["up"]);
    expect([code, out]).toEqual([0, expect.stringContaining(": Remove device store-12\n")]);
  });

  test("publish and plan read and write a repository of this machine", async () => {
    forbid();
    const { run, write } = workplace();
    expect(await run(["plan"])).toMatchObject({ code: 0 });
    expect(await run(["publish"])).toMatchObject({ code: 0 });
    write("fleet.yaml", smaller(fleetText));
    const plan = await run(["plan"]);
    expect([plan.code, plan.out]).toEqual([0, expect.stringContaining("1 device removed")]);
    const { code, out } = await run(["publish", "--yes"]);
    expect([code, out]).toEqual([0, expect.stringContaining("Remove device store-12")]);
    expect((await run(["publish"])).out).toContain("nothing to publish");
  });
});
