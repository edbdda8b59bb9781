/** No option that names an output overwrites a file of the fleet. */
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flotilla } from "../command-line.ts";
import { fleetText } from "../plan/workplace.ts";
import { temporaryFolder } from "../temporary.ts";

const kinds = {
  "fleet.yaml": "the fleet file",
  "fleet.lock.yaml": "the fleet's lock",
  "fleet.key": "the fleet's root key",
  "publishing.key": "the fleet's publishing key",
  "environments/staging.yaml": "the fleet file",
  "environments/staging.lock.yaml": "the fleet's lock",
  "environments/staging.key": "the fleet's root key",
  "environments/staging.publishing.key": "the fleet's publishing key",
};

function project(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "environments"));
  for (const name of Object.keys(kinds)) writeFileSync(join(folder, name), fleetText);
  return folder;
}

/** Every file with its text. */
function texts(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name))
      .map((path) => [path, readFileSync(path, "utf8")]),
  );
}

const commands = {
  "--html": ["plan", "--html"],
  "--output": ["kubeconfig", "store-03", "--output"],
  "--write": ["schema", "--write"],
};

describe.each(Object.entries(commands))("%s", (option, command) => {
  test.each(Object.entries(kinds))("does not overwrite %s", async (name, what) => {
    const folder = project();
    const before = texts(folder);
    for (const environment of [[], ["--environment", "staging"]]) {
      const { code, out, err } = await flotilla(folder, [...command, name, ...environment]);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain(
        `error: ${option} ${name} would overwrite ${what}. Give the path of another file\n`,
      );
    }
    expect(texts(folder)).toEqual(before);
  });

  test("nor by another name, from another folder, or before it exists", async () => {
    const folder = project();
    const below = join(folder, "below");
    mkdirSync(below);
    symlinkSync("../fleet.yaml", join(below, "link.yaml"));
    linkSync(join(folder, "fleet.key"), join(below, "hard.txt"));
    symlinkSync("..", join(below, "up"));
    const before = texts(folder);
    for (const path of ["link.yaml", "hard.txt", "up/fleet.lock.yaml", `${folder}/./fleet.yaml`]) {
      const { code, err } = await flotilla(below, [...command, path]);
      expect([path, code, err]).toEqual([path, 2, expect.stringContaining("would overwrite ")]);
    }
    const other = await flotilla(below, [...command, "../../fleet.key"]);
    expect([other.code, other.err]).toEqual([2, expect.stringContaining("a fleet's root key")]);
    expect(texts(folder)).toEqual(before);
  });

  test("an empty path is wrong usage", async () => {
    const { code, err } = await flotilla(project(), [...command, ""]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`error: ${option} needs the path of a file\n`),
    ]);
  });
});

test("nor does butane", async () => {
  const folder = project();
  const before = texts(folder);
  writeFileSync(join(folder, "a.bu"), "variant: fcos\nversion: 1.5.0\n");
  const { code, err } = await flotilla(folder, ["butane", "a.bu", "--output", "fleet.key"]);
  expect([code, err]).toEqual([2, expect.stringContaining("would overwrite the fleet's root key")]);
  expect(await flotilla(folder, ["butane", "a.bu", "--output", "a.ign"])).toMatchObject({
    code: 0,
  });
  expect(texts(folder)).toMatchObject(before);
});
