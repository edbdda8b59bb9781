/** The fleet file of the project that a folder belongs to. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

/** A folder with the first fleet in it. */
async function firstFleet(): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  return folder;
}

function replaceIn(path: string, old: string, replacement: string): void {
  writeFileSync(path, readFileSync(path, "utf8").replace(old, replacement));
}

describe("below a project's folder", () => {
  test("commands find its fleet file, say so, and write into the project", async () => {
    const folder = await firstFleet();
    const below = join(folder, "workloads", "board");
    mkdirSync(below, { recursive: true });
    const valid = await flotilla(below, ["validate"]);
    expect(valid).toEqual({
      code: 0,
      out: "../../fleet.yaml: fleet corner-cafe is fine: 3 devices, 2 workloads, 2 rings\n",
      err: "Using ../../fleet.yaml\nThe next synth will write ../../fleet.lock.yaml\n",
    });
    const key = await flotilla(below, ["keygen"]);
    expect([key.code, key.out]).toEqual([0, "Wrote ../../fleet.key\n"]);
    const synth = await flotilla(below, ["synth", "--only", "edge"]);
    expect(synth.err).toContain("../../dist/edge: 9 files, 9 written");
    expect(readdirSync(below)).toEqual([]);
    replaceIn(join(folder, "fleet.yaml"), "us-east1", "us_east1");
    const wrong = await flotilla(below, ["validate"]);
    expect(wrong.err).toMatch(/^Using .*\n\.\.\/\.\.\/fleet\.yaml:19:11: cloud\.region: /);
    const second = await flotilla(below, ["init"]);
    expect(second.err).toContain("This is a second fleet: there is one in ../../fleet.yaml\n");
  });

  test("but not beyond the top of a Git repository, nor in place of --fleet", async () => {
    const folder = await firstFleet();
    const below = join(folder, "other");
    mkdirSync(join(below, ".git"), { recursive: true });
    const { code, err } = await flotilla(below, ["validate"]);
    expect([code, err.split(".")[0]]).toEqual([1, "fleet"]);
    expect(err).toContain("file not found");
    mkdirSync(join(folder, "sub"));
    const named = await flotilla(join(folder, "sub"), ["validate", "--fleet", "fleet.yaml"]);
    expect(named.err).toMatch(/^fleet\.yaml: file not found/);
  });
});
