/** Messages that named the wrong cause, or the wrong kind of mistake. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotilla } from "./command-line.ts";
import { fleetText, workplace } from "./plan/workplace.ts";

test("plan --html with a folder says so", async () => {
  const { run } = workplace();
  const { code, err } = await run(["plan", "--html", "."]);
  expect([code, err]).toEqual([1, "flotilla: .: this is a folder. Give the path of a file\n"]);
});

test("a folder in place of the key", async () => {
  const { folder } = workplace();
  mkdirSync(join(folder, "fleet.key"));
  const { code, err } = await flotilla(folder, ["up"]);
  expect([code, err]).toEqual([
    1,
    "fleet.key: this is a folder, and a key is a file. Move it away.\nflotilla: 1 mistake\n",
  ]);
});

test("image --shared needs a site, whatever else is missing", async () => {
  const { run } = workplace();
  for (const more of [[], ["--base", "x.iso"], ["--all"], ["--ring", "early"]]) {
    const { code, err } = await run(["image", "--shared", ...more]);
    expect([code, err]).toEqual([2, expect.stringContaining("error: --shared needs --site\n")]);
  }
});

test("a plan that reaches no repository does not talk of a publish", async () => {
  const { run, write } = workplace();
  write("fleet.yaml", fleetText.replace("push: state.git", "push: file:///nowhere/state.git"));
  const { code, err } = await run(["plan"]);
  expect(code).toBe(1);
  expect(err).toContain(
    "file:///nowhere/state.git: this repository can't be reached. Check its URL (repository in the fleet file), " +
      "the network and your access, then try again. Git says:\n",
  );
  expect(err).not.toContain("publish again");
});
