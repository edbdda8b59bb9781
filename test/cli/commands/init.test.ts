/** The first fleet: where it is written, and what is kept out of Git. */
import { execFileSync, spawnSync } from "node:child_process";
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

/** In the order in which they are written. */
const allFiles = [
  ".gitignore",
  "package.json",
  "tsconfig.json",
  "cdktf.json",
  "cdk8s.yaml",
  "Makefile",
  "README.md",
  "infra/main.ts",
  "gitops/main.ts",
  "gitops/workloads/hello.ts",
  "edge/main.ts",
  "test/hello.test.ts",
  ".github/workflows/pull-request.yaml",
  ".github/workflows/publish.yaml",
  ".github/workflows/nightly.yaml",
  "flotilla.config.ts",
  "fleet.schema.json",
  "fleet.yaml",
];

describe("init", () => {
  test("writes a fleet that is valid, and a second time nothing", async () => {
    const folder = temporaryFolder();
    expect(await flotilla(folder, ["init", "my/fleet"])).toEqual({
      code: 0,
      out: allFiles.map((name) => `Wrote my/fleet/${name}\n`).join(""),
      err: expect.stringMatching(
        /^my\/fleet\/package\.json installs Flotilla from a path of this machine, file:\S+\. On another machine, install it from its path there: npm install --save-dev <path>\nEdit my\/fleet\/fleet\.yaml, then run: cd my\/fleet && npm install && make\n$/,
      ),
    });
    const there = join(folder, "my", "fleet");
    // A clone of it on another machine.
    const manifest = join(there, "package.json");
    const text = readFileSync(manifest, "utf8");
    writeFileSync(manifest, text.replace(/("flotilla": ")file:[^"]*/, "$1file:../gone.tgz"));
    const { status, stderr } = spawnSync("make", { cwd: there, encoding: "utf8" });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^package\.json: flotilla is installed from \.\.\/gone\.tgz, which is missing on this machine\. Install it from its path here: npm install --save-dev <path>$/m,
      ),
    ]);
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
    expect(JSON.parse(out)).toEqual({ written: allFiles.slice(1) });
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

  describe("settings", () => {
    /** Answers in turn, and keeps the questions. */
    function terminal(...answers: string[]) {
      const questions: string[] = [];
      const ask = async (question: string) => {
        questions.push(question);
        return answers.shift() ?? "\n";
      };
      return { ask, questions };
    }
    const fleetIn = (folder: string) => readFileSync(join(folder, "fleet.yaml"), "utf8");

    test("are asked for at a terminal, with defaults that follow the name", async () => {
      const folder = temporaryFolder();
      const url = "ssh://git@git.bakery.example/state.git";
      const { ask, questions } = terminal("Bakery!", "my-bakery", "", " bakery-hub ", url);
      const { code, err } = await flotilla(folder, ["init"], {}, { ask });
      expect([code, err.split("\n")[0]]).toEqual([
        0,
        '"Bakery!" is not a valid fleet name. Write 1 to 20 lower-case letters, digits and hyphens, starting with a letter.',
      ]);
      expect(questions).toEqual([
        "Name of the fleet, which cannot change later (corner-cafe): ",
        "Name of the fleet, which cannot change later (corner-cafe): ",
        "Domain of the hub, a DNS zone (edge.mybakery.example): ",
        "Google Cloud project (mybakery-edge-hub): ",
        "State repository, a Git URL (one on this machine): ",
      ]);
      const text = fleetIn(folder);
      for (const line of [
        "fleet: my-bakery #",
        "domain: edge.mybakery.example #",
        "  project: bakery-hub\n",
        `  url: ${url}\n\n`,
      ]) {
        expect(text).toContain(line);
      }
      expect(await flotilla(folder, ["validate"])).toMatchObject({ code: 0 });
    });

    test("are not asked for where they are given, and nothing is with --yes", async () => {
      const given = ["--name", "bakery", "--domain", "b.example", "--project", "bakery-hub"];
      const { ask, questions } = terminal("");
      await flotilla(temporaryFolder(), ["init", ...given], {}, { ask });
      expect(questions).toEqual(["State repository, a Git URL (one on this machine): "]);
      const folder = temporaryFolder();
      const none = terminal();
      const run = await flotilla(folder, ["init", "--yes", ...given], {}, none);
      expect([run.code, none.questions]).toEqual([0, []]);
      expect(fleetIn(folder)).toContain("url: https://git.bakery.example/fleet-state.git\n");
      expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name).toBe("bakery");
    });

    test("that are not valid are refused all at once, and the end of the input stops it", async () => {
      const folder = temporaryFolder();
      const wrong = ["--name", "A b", "--domain", "x", "--project", "p: [", "--repository", "-o x"];
      const { code, err } = await flotilla(folder, ["init", ...wrong]);
      expect([code, err.match(/^--\w+: /gm)]).toEqual([
        1,
        ["--name: ", "--domain: ", "--project: ", "--repository: "],
      ]);
      const ended = await flotilla(folder, ["init"], {}, terminal("bakery"));
      expect(ended).toMatchObject({ code: 1, err: "flotilla: stopped: nothing was written\n" });
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  test("completes a package.json, and keeps what is there", async () => {
    const folder = temporaryFolder();
    const before = { devDependencies: { flotilla: "file:../flotilla.tgz" } };
    writeFileSync(join(folder, "package.json"), JSON.stringify(before));
    writeFileSync(join(folder, "README.md"), "mine\n");
    const { err } = await flotilla(folder, ["init"]);
    expect(err).toMatch(
      /^Kept README\.md, which exists already\nAdded to package\.json: type scripts\.check/,
    );
    const after = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    expect(after).toMatchObject({ type: "module", ...before });
    expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("mine\n");
  });

  test("inside a project it writes only a fleet, which takes the project's code", async () => {
    const folder = await firstFleet();
    const { out } = await flotilla(folder, ["init", "staging"]);
    expect(out.replaceAll("Wrote staging/", "")).toBe(
      ".gitignore\nfleet.schema.json\nfleet.yaml\n",
    );
    const schema = (place: string) =>
      readFileSync(join(folder, place, "fleet.schema.json"), "utf8");
    expect(schema("staging")).toBe(schema("."));
    expect(schema(".")).toContain("What the page says.");
  });

  test("its own workload runs when it is uncommented; the schema follows the code", async () => {
    const folder = await firstFleet();
    const edit = (name: string, change: (text: string) => string) =>
      writeFileSync(join(folder, name), change(readFileSync(join(folder, name), "utf8")));
    edit("fleet.yaml", (text) => text.replaceAll(/^ {2}# (hello:| {2}\w)/gm, "  $1"));
    await flotilla(folder, ["keygen"]);
    const { err } = await flotilla(folder, ["synth"]);
    expect(err).not.toContain("schema");
    const made = join(folder, "dist/gitops/edge/hello/canary/deployment-hello.yaml");
    expect(readFileSync(made, "utf8")).toMatch(
      /podinfo:6\.9\.2[^]*Good morning|Good morning[^]*podinfo:6\.9\.2/,
    );
    edit("gitops/workloads/hello.ts", (text) => text.replace("What the page says.", "A greeting."));
    const changed = await flotilla(folder, ["synth"]);
    expect(changed.err).toContain("Wrote fleet.schema.json: commit it with the fleet file\n");
    expect(readFileSync(join(folder, "fleet.schema.json"), "utf8")).toContain("A greeting.");
  });
});
