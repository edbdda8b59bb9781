/** The fleets under examples/ are validated, synthesized and planned as they are; its README lists every example. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flotilla } from "../cli/command-line.ts";
import { isolateGit } from "../cli/publish/state-repository.ts";
import { temporaryFolder } from "../cli/temporary.ts";

isolateGit();

const root = join(import.meta.dirname, "..", "..");
const examples = join(root, "examples");
const names = readdirSync(examples).filter((name) =>
  existsSync(join(examples, name, "fleet.yaml")),
);

test("there are these", () => {
  expect(names.toSorted()).toEqual(["factory", "home", "own-code"]);
});

test("the README lists each example once", () => {
  const listed = [...readFileSync(join(examples, "README.md"), "utf8").matchAll(/\]\(([^)/]+)/g)]
    .map(([, first]) => first)
    .filter((first) => first !== "..");
  const present = readdirSync(examples).filter((name) => name !== "README.md");
  expect(listed.toSorted()).toEqual(present.toSorted());
});

/** What the factory reads from outside Git. */
const secrets = { PROXY_LOGIN: "edge:canary-word", MIRROR_PASSWORD: "canary-word" };

describe.each(names)("%s", (name) => {
  test("is valid, becomes a hub, a state and devices, and its plan is empty after that", async () => {
    const folder = temporaryFolder();
    cpSync(join(examples, name), folder, { recursive: true });
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules", "flotilla"));
    const run = async (...args: string[]) => {
      const { code, out, err } = await flotilla(folder, args, secrets);
      expect(code, out + err).toBe(0);
      return out;
    };
    expect(await run("validate")).toContain("is fine");
    await run("up");
    for (const made of ["infra", "gitops", "edge"]) {
      expect(readdirSync(join(folder, "dist", made))).not.toEqual([]);
    }
    await run("plan", "--exit-code");
  }, 240_000);
});
