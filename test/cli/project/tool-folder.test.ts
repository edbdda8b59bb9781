/** `npx cdktf synth` and `npx cdk8s synth` with FLOTILLA_ENVIRONMENT, by the variables that they set. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { runSynthesis } from "../../../cli/project/main.ts";
import type { Part } from "../../../cli/project/synthesis.ts";
import { flotilla } from "../command-line.ts";
import { environmentProject } from "./environment-project.ts";

afterEach(() => {
  process.exitCode = undefined;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What a main prints to standard error, and the exit code that it sets. */
async function synthesize(folder: string, part: Part, environment: string, outdir?: string) {
  let err = "";
  const home = process.cwd();
  vi.spyOn(process.stderr, "write").mockImplementation((text) => (err += String(text)) !== "");
  vi.stubEnv("FLOTILLA_ENVIRONMENT", environment);
  process.chdir(folder);
  try {
    await runSynthesis(part, outdir);
  } finally {
    process.chdir(home);
  }
  return [Number(process.exitCode ?? 0), err];
}

test("cdktf's usual folder gets a manifest that leads to the stacks of the environment", async () => {
  const folder = environmentProject();
  for (const name of ["staging", "production"]) {
    const [code, err] = await synthesize(folder, "infra", name, "dist/infra");
    expect([code, err]).toEqual([0, expect.stringContaining(`Wrote dist/${name}/infra\n`)]);
    const { stacks } = JSON.parse(readFileSync(join(folder, "dist/infra/manifest.json"), "utf8"));
    // As cdktf joins them.
    for (const stack of ["hub", "argocd"]) {
      const { workingDirectory, synthesizedStackPath } = stacks[stack];
      expect(join("dist/infra", workingDirectory)).toBe(`dist/${name}/infra/stacks/${stack}`);
      expect(existsSync(join(folder, "dist/infra", synthesizedStackPath))).toBe(true);
    }
  }
  expect(readdirSync(join(folder, "dist/infra"))).toEqual(["manifest.json"]);
});

test("cdk8s' usual folder stays empty, so that no hub is installed with another's state", async () => {
  const folder = environmentProject();
  await flotilla(folder, ["keygen", "--environment", "staging"]);
  const [code] = await synthesize(folder, "gitops", "staging", "dist/gitops");
  expect(code).toBe(0);
  expect(readdirSync(join(folder, "dist/gitops"))).toEqual([]);
  expect(existsSync(join(folder, "dist/staging/gitops/root.yaml"))).toBe(true);
});

test("a folder of the user's choice is taken as it is; without one it is that of the environment", async () => {
  const folder = environmentProject();
  await synthesize(folder, "infra", "staging", "dist/staging/infra");
  await synthesize(folder, "infra", "production");
  expect(readdirSync(join(folder, "dist")).toSorted()).toEqual(["production", "staging"]);
});

test("an unknown environment is an error before anything is written", async () => {
  const folder = environmentProject();
  const [code, err] = await synthesize(folder, "infra", "stagin", "dist/infra");
  expect([code, err]).toEqual([
    1,
    expect.stringContaining('$FLOTILLA_ENVIRONMENT: found "stagin"'),
  ]);
  expect(existsSync(join(folder, "dist"))).toBe(false);
});
