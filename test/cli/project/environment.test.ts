/** Several environments of one project: each with its own key, lock, outputs and repository. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";
import { base, environmentProject, staging } from "./environment-project.ts";

const inStaging = ["--environment", "staging"];
const inProduction = ["--environment", "production"];

describe("two environments, end to end", () => {
  let folder = "";
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(async () => {
    folder = environmentProject({}, mkdtempSync(join(tmpdir(), "flotilla-test-")));
    for (const name of ["staging", "production"]) {
      for (const command of ["keygen", "synth", "publish"]) {
        const { code, err } = await flotilla(folder, [command, "--environment", name]);
        expect([code, err.split("\n")[0]]).toEqual([0, `Using environments/${name}.yaml`]);
      }
    }
  }, 120_000);

  test("each has its own key, lock and outputs, and the base has none", () => {
    for (const name of ["staging", "production"]) {
      const key = statSync(join(folder, `environments/${name}.key`));
      expect(key.mode & 0o777).toBe(0o600);
      for (const part of ["infra/manifest.json", "gitops/root.yaml", "edge/cafe-01/device.bu"]) {
        expect(existsSync(join(folder, "dist", name, part))).toBe(true);
      }
    }
    expect(read("environments/staging.key")).not.toBe(read("environments/production.key"));
    expect(read("environments/staging.lock.yaml")).not.toContain("cafe-02");
    expect(read("environments/production.lock.yaml")).toContain("cafe-02");
    for (const path of ["fleet.key", "fleet.lock.yaml", "dist/infra", "dist/gitops", "dist/edge"]) {
      expect(existsSync(join(folder, path))).toBe(false);
    }
  });

  test("each publishes into its own repository", () => {
    const files = (name: string) =>
      execFileSync(
        "git",
        ["-C", join(folder, `dist/${name}/state.git`), "ls-tree", "-r", "--name-only", "main"],
        { encoding: "utf8" },
      );
    expect(files("staging")).toContain("hub/fleet/clusters/cafe-01.yaml");
    expect(files("staging")).not.toContain("cafe-02");
    expect(files("production")).toContain("hub/fleet/clusters/cafe-02.yaml");
  });

  test("each has its own Terraform state, and reads its own state repository", () => {
    for (const name of ["staging", "production"]) {
      const stack = `dist/${name}/infra/stacks/argocd`;
      const text = read(`${stack}/cdk.tf.json`);
      const { terraform, locals } = JSON.parse(text);
      const from = (path: string) => join(stack, path);
      expect(from(terraform.backend.local.path)).toBe(`environments/${name}.argocd.tfstate`);
      expect(from(locals.root_file)).toBe(`dist/${name}/gitops/root.yaml`);
    }
  });

  test("the variable works like the option, even in a folder below the project's", async () => {
    const below = join(folder, "gitops/workloads");
    mkdirSync(below, { recursive: true });
    const environment = { FLOTILLA_ENVIRONMENT: "production" };
    const byVariable = await flotilla(below, ["validate"], environment);
    expect(byVariable.out).toMatch(/^..\/..\/environments\/production.yaml: fleet shop is fine/);
    const both = await flotilla(folder, ["validate", ...inStaging], environment);
    expect(both.out).toContain("fleet shop-staging is fine");
    const asFile = await flotilla(folder, ["validate", "--fleet", "environments/staging.yaml"]);
    expect(asFile.out).toBe(both.out);
    const inside = await flotilla(join(folder, "environments"), ["validate", ...inStaging]);
    expect(inside.out).toContain("fleet shop-staging is fine");
  });

  test("a wrong key is refused by the environment's lock", async () => {
    const key = { FLOTILLA_KEY: read("environments/production.key").trim() };
    const { code, err } = await flotilla(folder, ["synth", ...inStaging], key);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("environments/staging.lock.yaml: keyId"),
    ]);
  });

  test("without its root key, CI makes the same bytes with the publishing key", async () => {
    const { code, out } = await flotilla(folder, ["keygen", "--publishing", ...inStaging]);
    expect([code, out]).toEqual([0, "Wrote environments/staging.publishing.key\n"]);
    const ci = temporaryFolder();
    cpSync(folder, ci, { recursive: true });
    rmSync(join(ci, "environments/staging.key"));
    const plan = await flotilla(ci, ["plan", "--exit-code", ...inStaging]);
    expect([plan.code, plan.err]).toEqual([0, "Using environments/staging.yaml\n"]);
  });
});

describe("a mistake is reported in the file that it is in", () => {
  const validate = async (files: Record<string, string>, args: readonly string[] = inStaging) => {
    const { code, err } = await flotilla(environmentProject(files), ["validate", ...args]);
    return `${code} ${err.replace(/^Using .*\n/, "").replace(/\nflotilla: .*\n$/, "")}`;
  };

  test("each at its line, those of the overlay first", async () => {
    const wrongBase = base.replace("us-east1", "us_east1").replace("canary }", "canry }");
    const wrong = `${staging}k3z: 1\nsites:\n  harbour: { timeZone: Mars }\n`;
    const lines = await validate({ "fleet.yaml": wrongBase, "environments/staging.yaml": wrong });
    const places = lines
      .slice(2)
      .split("\n")
      .map((line) => line.split(": ").slice(0, 2).join(": "));
    expect(places).toEqual([
      "environments/staging.yaml:7:1: k3z",
      "environments/staging.yaml:9:24: sites.harbour.timeZone",
      "fleet.yaml:4:11: cloud.region",
      "fleet.yaml:11:35: devices.cafe-01.ring",
    ]);
  });

  test.each([
    [
      "a missing value at the overlay",
      staging.replace(/^domain.*\n/m, ""),
      'environments/staging.yaml:1:1: "domain" is missing. Write it here.',
    ],
    [
      "a removed value",
      `${staging}profiles: { mini-pc: null, pi: { architecture: aarch64, disk: /dev/sda } }\n`,
      "fleet.yaml:9:23: sites.harbour.profile: ",
    ],
    [
      "a key that would name another file",
      `base: production\n${staging}`,
      'environments/staging.yaml:1:1: base: unknown key "base".',
    ],
    ["bad syntax", `${staging}rings: [\n`, "environments/staging.yaml:"],
    [
      "an alias of the base's anchor",
      `${staging}rings: *rings\n`,
      "environments/staging.yaml:7:8: the anchor &rings is not defined above.",
    ],
    ["an empty file", "# later\n", "environments/staging.yaml:1:1: this file is empty."],
  ])("%s", async (_, text, expected) => {
    expect(await validate({ "environments/staging.yaml": text })).toContain(`1 ${expected}`);
  });

  test("bad syntax in both files is reported at once", async () => {
    const text = await validate({ "fleet.yaml": "a: [\n", "environments/staging.yaml": "b: [\n" });
    expect(text).toMatch(/^1 fleet\.yaml:.*\nenvironments\/staging\.yaml:/);
  });

  test.each([
    [
      "fleet: shop-staging",
      "fleet: shop",
      "fleet: environments/production.yaml and environments/staging.yaml have the same fleet.",
    ],
    [
      "staging.shop.example",
      "shop.example",
      "domain: environments/production.yaml and environments/staging.yaml have the same domain.",
    ],
    [
      "git.shop.example/staging.git",
      "git.shop.example/production/",
      "repository.url: environments/production.yaml and environments/staging.yaml have the same state repository.",
    ],
    [
      "dist/staging/state.git",
      "./dist/production/state.git",
      "repository.push: environments/production.yaml and environments/staging.yaml have the same state repository.",
    ],
  ])("%s as %s is refused: another environment has it", async (old, other, expected) => {
    const text = await validate({ "environments/staging.yaml": staging.replace(old, other) });
    expect(text).toContain(expected);
    const reverse = await validate(
      { "environments/staging.yaml": staging.replace(old, other) },
      inProduction,
    );
    expect(reverse).toContain(expected);
  });

  test("two branches of one repository are two state repositories", async () => {
    const text = staging
      .replace("staging.git", "production.git")
      .replace("  push", "  branch: staging\n  push");
    expect(await validate({ "environments/staging.yaml": text })).toMatch(/^0/);
  });
});

describe("which environment", () => {
  const run = (folder: string, args: readonly string[], environment = {}) =>
    flotilla(folder, ["validate", ...args], environment);

  test("none is chosen: an incomplete base lists them, a complete one is a fleet by itself", async () => {
    const folder = environmentProject();
    const { code, err } = await run(folder, []);
    expect([code, err]).toEqual([
      1,
      "fleet.yaml: values are missing here, and this project has environments. Choose one with --environment, or with $FLOTILLA_ENVIRONMENT: production, staging.\nflotilla: 1 mistake\n",
    ]);
    const complete = `${base.replace("  region", "  project: base-hub\n  region")}fleet: base
domain: base.example
repository: { url: https://git.example/base.git }
`;
    writeFileSync(join(folder, "fleet.yaml"), complete);
    expect(await run(folder, [])).toMatchObject({
      code: 0,
      out: expect.stringContaining("fleet base is fine"),
    });
    expect(await run(folder, [], { FLOTILLA_ENVIRONMENT: "" })).toMatchObject({ code: 0 });
    expect(await run(folder, inStaging)).toMatchObject({
      code: 0,
      out: expect.stringContaining("fleet shop-staging is fine"),
    });
    writeFileSync(join(folder, "fleet.yaml"), complete.replace("fleet: base", "fleet: shop"));
    // A base alone may be complete; with a lock it is a fleet by itself.
    expect(await run(folder, inProduction)).toMatchObject({ code: 0 });
    expect(await run(folder, [])).toMatchObject({ code: 1 });
    writeFileSync(join(folder, "fleet.lock.yaml"), "");
    expect(await run(folder, inProduction)).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        "environments/production.yaml and fleet.yaml have the same fleet.",
      ),
    });
  });

  test.each([
    [
      ["--environment", "stagin"],
      '--environment: found "stagin". Write one of: production, staging. Did you mean staging?',
    ],
    [
      ["--environment", "../staging"],
      '--environment: "../staging" is not a valid name of an environment.',
    ],
    [["--environment", "infra"], '--environment: "infra" is not a valid name of an environment.'],
    [["--environment", ""], '--environment: "" is not a valid name of an environment.'],
    [["--environment", "old"], "--environment: rename environments/old.yml to old.yaml."],
    [
      ["--environment", "staging", "--fleet", "other.yaml"],
      "--environment: other.yaml has no environments",
    ],
    [
      ["--environment", "staging", "--fleet", "environments/production.yaml"],
      "--environment: environments/production.yaml has no environments",
    ],
  ])("%j", async (args, expected) => {
    const folder = environmentProject({ "environments/old.yml": "", "other.yaml": base });
    const { code, err } = await run(folder, args);
    expect([code, err]).toEqual([1, expect.stringContaining(expected)]);
  });

  test("an environment without a fleet.yaml is not a fleet", async () => {
    const folder = environmentProject();
    rmSync(join(folder, "fleet.yaml"));
    const { code, err } = await run(folder, inStaging);
    expect([code, err]).toEqual([1, expect.stringMatching(/^fleet.yaml: file not found/)]);
  });

  test("a file named environments has no environments", async () => {
    const folder = environmentProject();
    rmSync(join(folder, "environments"), { recursive: true });
    writeFileSync(join(folder, "environments"), "");
    const { code, err } = await run(folder, []);
    expect([code, err]).toEqual([1, expect.stringContaining('"fleet" is missing')]);
  });

  test("by the variable, errors name it", async () => {
    const { err } = await run(environmentProject(), [], { FLOTILLA_ENVIRONMENT: "prod" });
    expect(err).toContain(
      '$FLOTILLA_ENVIRONMENT: found "prod". Write one of: production, staging.',
    );
  });

  test("a project without environments refuses the option", async () => {
    const folder = temporaryFolder();
    await flotilla(folder, ["init"]);
    const { code, err } = await run(folder, inStaging);
    expect([code, err]).toEqual([
      1,
      '--environment: unknown environment "staging". Write its differences to fleet.yaml in environments/staging.yaml.\nflotilla: 1 mistake\n',
    ]);
    expect(await run(folder, [])).toMatchObject({ code: 0 });
  });
});

test("paths in an environment's file start at the project's folder, and no key is read", async () => {
  const site = (path: string) => `${staging}sites: { harbour: { butane: { file: ${path} } } }\n`;
  const butane = "variant: fcos\nversion: 1.5.0\n";
  const run = async (path: string) =>
    flotilla(
      environmentProject({
        "site.bu": butane,
        "environments/production.key": "x",
        "environments/staging.yaml": site(path),
      }),
      ["validate", ...inStaging],
    );
  expect(await run("site.bu")).toMatchObject({ code: 0 });
  expect((await run("environments/production.key")).err).toContain("this is the root key");
});

test("up says what comes next in this environment, and that Git does not ignore its key", async () => {
  const folder = environmentProject();
  execFileSync("git", ["-C", folder, "init", "-q"]);
  const { code, out, err } = await flotilla(folder, ["up", ...inStaging]);
  expect(code).toBe(0);
  expect(err).toContain("Git does not ignore environments/staging.key. Add *.key to .gitignore\n");
  expect(out).toContain(`Next:
  edit fleet.yaml or environments/staging.yaml and run this again; then commit them with environments/staging.lock.yaml
  flotilla image --environment staging cafe-01: the image that installs a device
`);
  writeFileSync(join(folder, ".gitignore"), "/environments/*.key\n");
  const ignored = await flotilla(folder, ["keygen", "--publishing", ...inStaging]);
  expect(ignored).toMatchObject({ code: 0, err: expect.not.stringContaining("Git does not") });
});
