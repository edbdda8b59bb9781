import { readdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { expect, test, vi } from "vitest";
import { synthesizeInfra } from "../../../cli/project/infra-files.ts";
import { githubFleet } from "../../infra/fleets.ts";
import { temporaryFolder } from "../temporary.ts";

test("neither the working folder nor the environment changes a byte, and nothing is left", () => {
  const expected = [...synthesizeInfra(githubFleet)];
  const here = process.cwd();
  const elsewhere = temporaryFolder();
  const variables = {
    TMPDIR: temporaryFolder(),
    CDKTF_OUTDIR: elsewhere,
    CDKTF_CONTEXT_JSON: '{"cdktfVersion":"0.0.0","excludeStackIdFromLogicalIds":"true"}',
    CDKTF_TARGET_STACK_ID: "another",
    SYNTH_HCL_OUTPUT: "true",
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  process.chdir(elsewhere);
  try {
    expect([...synthesizeInfra(githubFleet)]).toEqual(expected);
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(readdirSync(variables.TMPDIR)).toEqual([]);
    expect(process.env).toMatchObject(variables);
  } finally {
    process.chdir(here);
  }
});

test("no file contains a path of this machine or a stack trace", () => {
  const tree = synthesizeInfra(githubFleet);
  expect(tree.size).toBeGreaterThan(4);
  for (const text of tree.values()) {
    const places = [process.cwd(), homedir(), tmpdir()].map((place) => `${place}/`);
    for (const trace of [...places, "node_modules", "stackTrace"]) {
      expect(text).not.toContain(trace);
    }
  }
});
