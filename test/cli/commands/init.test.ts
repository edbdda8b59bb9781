/** The first fleet: where it is written, and what is kept out of Git. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

describe("init", () => {
  test("writes a fleet that is valid, and a second time nothing", async () => {
    const folder = temporaryFolder();
    expect(await flotilla(folder, ["init", "my/fleet"])).toEqual({
      code: 0,
      out: "Wrote my/fleet/.gitignore\nWrote my/fleet/fleet.schema.json\nWrote my/fleet/fleet.yaml\n",
      err: "Edit my/fleet/fleet.yaml, then run: flotilla up --fleet my/fleet/fleet.yaml\n",
    });
    const there = join(folder, "my", "fleet");
    expect(await flotilla(there, ["validate"])).toEqual({
      code: 0,
      out: "fleet.yaml: fleet corner-cafe is fine: 3 devices, 2 workloads, 2 rings\n",
      err: "The next synth will write fleet.lock.yaml\n",
    });
    writeFileSync(join(there, "fleet.yaml"), "mine");
    expect(await flotilla(folder, ["init", "my/fleet"])).toEqual({
      code: 1,
      out: "",
      err: "my/fleet/fleet.yaml: there is a fleet file already, and it is not overwritten. Give another folder\nflotilla: 1 mistake\n",
    });
    expect(readFileSync(join(there, "fleet.yaml"), "utf8")).toBe("mine");
  });

  test("leaves a .gitignore that is there", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, ".gitignore"), "mine\n");
    const { out } = await flotilla(folder, ["init", "--json"]);
    expect(JSON.parse(out)).toEqual({ written: ["fleet.schema.json", "fleet.yaml"] });
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("mine\n");
    const other = temporaryFolder();
    writeFileSync(join(other, ".gitignore"), "dist\nfleet.key/\n*.tfstate\n");
    const { err } = await flotilla(other, ["init"]);
    expect(err).toContain("Add to .gitignore, which was not changed: /plan.html /cdktf.out/ /pub");
    expect(err).not.toMatch(/\/fleet\.key|\/dist/);
  });

  test("goes on where a run before it failed, and never leaves a fleet without .gitignore", async () => {
    const folder = temporaryFolder();
    const inTheWay = join(folder, `.fleet.yaml.${process.pid}.tmp`);
    mkdirSync(inTheWay);
    expect(await flotilla(folder, ["init"])).toMatchObject({ code: 1, out: "" });
    expect(readdirSync(folder)).toContain(".gitignore");
    expect(readdirSync(folder)).not.toContain("fleet.yaml");
    rmSync(inTheWay, { recursive: true });
    expect(await flotilla(folder, ["init"])).toMatchObject({ code: 0, out: "Wrote fleet.yaml\n" });
  });

  test("goes where --fleet says", async () => {
    const folder = temporaryFolder();
    const { out, err } = await flotilla(folder, ["--fleet", "far/off.yaml", "init"]);
    expect(out).toBe("Wrote far/.gitignore\nWrote far/fleet.schema.json\nWrote far/off.yaml\n");
    expect(err).toBe("Edit far/off.yaml, then run: flotilla up --fleet far/off.yaml\n");
    expect(readdirSync(folder)).toEqual(["far"]);
    const both = await flotilla(folder, ["init", "here", "--fleet", "far/b.yaml"]);
    expect([both.code, both.err.split("\n")[0]]).toEqual([
      2,
      "error: give a directory or --fleet, not both",
    ]);
  });

  test("ignores all that must not be in Git, and this repository does too", async () => {
    const folder = await firstFleet();
    execFileSync("git", ["init", "-q"], { cwd: folder });
    const lines = readFileSync(join(folder, ".gitignore"), "utf8").split("\n");
    const own = readFileSync(join(import.meta.dirname, "../../../.gitignore"), "utf8").split("\n");
    expect(own).toEqual(expect.arrayContaining(lines.filter((line) => !line.startsWith("#"))));
    const secret = [
      "fleet.key",
      "publishing.key",
      "environments/staging.key",
      "environments/staging.publishing.key",
      "dist/edge/cafe-01/device.ign",
      "terraform.hub.tfstate",
      "terraform.hub.tfstate.backup",
      "terraform.tfstate.1700000000.backup",
      ".terraform.hub.tfstate.lock.info",
      "errored.tfstate",
      ".terraform/providers/x",
      "cdktf.out/stacks/hub/cdk.tf.json",
      "hub.tfplan",
      "plan.html",
      ".fleet.lock.yaml.4711.tmp",
    ];
    const ignored = execFileSync("git", ["check-ignore", "--no-index", ...secret], { cwd: folder });
    expect(ignored.toString().trimEnd().split("\n")).toEqual(secret);
    for (const wanted of ["fleet.yaml", "fleet.lock.yaml", "fleet.schema.json", ".gitignore"]) {
      const run = () =>
        execFileSync("git", ["check-ignore", "--no-index", wanted], { cwd: folder });
      expect(run).toThrow();
    }
  });
});
