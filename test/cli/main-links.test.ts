/** Files of a fleet that are symbolic links: commands write what the links name. */
import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./temporary.ts";
import { workplace } from "./plan/workplace.ts";

/** Moves a file of the project to another folder, and links to it. */
function moveAway(folder: string, name: string, elsewhere = temporaryFolder()) {
  const target = join(elsewhere, `real-${name}`);
  renameSync(join(folder, name), target);
  symlinkSync(target, join(folder, name));
  return {
    read: () => readFileSync(target, "utf8"),
    isLink: () => lstatSync(join(folder, name)).isSymbolicLink(),
  };
}

test.each([
  ["revoke store-03", /generation: 2/],
  ["match store-03 --serial PF3XK7Q2", /serial: PF3XK7Q2/],
  ["rollback point-of-sale --ring stable --to 0.0.1 --force --no-commit", /stable: 0\.0\.1/],
])("%s", async (command, expected) => {
  const { folder, run } = workplace();
  const fleet = moveAway(folder, "fleet.yaml");
  expect(fleet.read()).not.toMatch(expected);
  expect(await run(command.split(" "))).toMatchObject({ code: 0 });
  expect([fleet.isLink(), fleet.read()]).toEqual([true, expect.stringMatching(expected)]);
});

test("the lock, and outputs that the user names", async () => {
  const { folder, run } = workplace();
  for (const name of ["page.html", "schema.json"]) writeFileSync(join(folder, name), "old\n");
  expect(await run(["synth", "--only", "gitops"])).toMatchObject({ code: 0 });
  const lock = moveAway(folder, "fleet.lock.yaml");
  const before = lock.read();
  const page = moveAway(folder, "page.html");
  const schema = moveAway(folder, "schema.json");
  const text = readFileSync(join(folder, "fleet.yaml"), "utf8");
  writeFileSync(join(folder, "fleet.yaml"), text.replace("store-{03..12}", "store-{03..13}"));
  expect(await run(["synth", "--only", "gitops"])).toMatchObject({ code: 0 });
  expect(await run(["plan", "--html", "page.html"])).toMatchObject({ code: 0 });
  expect(await run(["schema", "--write", "schema.json"])).toMatchObject({ code: 0 });
  expect([lock.isLink(), page.isLink(), schema.isLink()]).toEqual([true, true, true]);
  expect(lock.read()).not.toBe(before);
  expect(page.read()).toContain("<html");
  expect(schema.read()).toContain('"$schema"');
});

test("a commit has the change of the file that the link names", async () => {
  const { folder, run } = workplace();
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" });
  mkdirSync(join(folder, "shared"));
  const fleet = moveAway(folder, "fleet.yaml", join(folder, "shared"));
  git("init", "--quiet");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.com");
  git("add", "fleet.yaml", "shared");
  git("commit", "--quiet", "-m", "First");
  const args = ["rollback", "point-of-sale", "--ring", "stable", "--to", "0.0.1", "--force"];
  expect(await run(args)).toMatchObject({ code: 0 });
  expect(git("show", "--format=%s", "--name-only")).toBe(
    "Roll point-of-sale in stable back to 0.0.1\n\nshared/real-fleet.yaml\n",
  );
  expect([fleet.isLink(), fleet.read()]).toEqual([true, expect.stringContaining("stable: 0.0.1")]);
  // The history is that of the file, too.
  expect((await run(["rollback", "point-of-sale", "--ring", "stable"])).err).toContain(
    "point-of-sale in stable: 0.0.1 → ",
  );
});

test.each(["fleet.yaml", "fleet.lock.yaml", "flotilla.config.ts"])(
  "%s that is a link to nothing is refused, and not taken for missing",
  async (name) => {
    const { folder, run } = workplace();
    rmSync(join(folder, name), { force: true });
    symlinkSync("gone", join(folder, name));
    expect(await run(["validate"])).toMatchObject({
      code: 1,
      err: `${name}: this symbolic link leads to gone, which does not exist.\nflotilla: 1 mistake\n`,
    });
  },
);
