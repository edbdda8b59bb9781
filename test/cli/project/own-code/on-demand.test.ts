/** cdktf in a user's own code: it is loaded by what uses it, and by nothing else. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleProject, ownProject } from "./own-project.ts";

const program = join(import.meta.dirname, "..", "..", "..", "..", "cli", "flotilla.mjs");

/** Preloaded: at the end of the process it says whether cdktf was loaded. */
const probe = `process.on("exit", () => {
  const isLoaded = Object.keys(require.cache).some((file) => file.endsWith("/cdktf/lib/index.js"));
  console.error(isLoaded ? "cdktf is loaded" : "cdktf is not loaded");
});
`;

function run(folder: string, ...args: string[]) {
  const options = { cwd: folder, encoding: "utf8" } as const;
  const all = ["--require", "./probe.cjs", program, ...args];
  const { status, stderr } = spawnSync(process.execPath, all, options);
  return { status, stderr };
}

test("a validation does not load cdktf for your own resource, and a synthesis does", async () => {
  const { folder } = await exampleProject({ "probe.cjs": probe });
  // The first run bundles, for which it reads the names of what is exported.
  expect(run(folder, "validate").status).toBe(0);
  expect(run(folder, "validate")).toEqual({
    status: 0,
    stderr: expect.stringMatching(/^cdktf is not loaded$/m),
  });
  expect(run(folder, "keygen").status).toBe(0);
  expect(run(folder, "synth", "--only", "infra")).toEqual({
    status: 0,
    stderr: expect.stringMatching(/^cdktf is loaded$/m),
  });
});

/** Each one puts an output of Terraform, or another resource, into the hub's stack. */
const imports: readonly (readonly [string, string])[] = [
  ['import { TerraformOutput } from "cdktf";', "new TerraformOutput(hub, 'x', { value: 1 })"],
  ['import * as tf from "cdktf";', "new tf.TerraformOutput(hub, 'x', { value: 1 })"],
  ['import tf from "cdktf";', "new tf.TerraformOutput(hub, 'x', { value: 1 })"],
  ['import { TerraformOutput as Out } from "cdktf";', "new Out(hub, 'x', { value: 1 })"],
  [
    'import { TerraformOutput } from "cdktf"; class Out extends TerraformOutput {}',
    "new Out(hub, 'x', { value: 1 })",
  ],
  [
    'import { TerraformOutput } from "cdktf/lib/terraform-output.js";',
    "new TerraformOutput(hub, 'x', { value: 1 })",
  ],
  [
    'const { TerraformOutput } = await import("cdktf");',
    "new TerraformOutput(hub, 'x', { value: 1 })",
  ],
  [
    'export * from "cdktf"; import { TerraformOutput } from "./own.ts";',
    "new TerraformOutput(hub, 'x', { value: 1 })",
  ],
];

test.each(imports)("%s is cdktf's", async (line, use) => {
  const own = 'export * from "cdktf";\n';
  const text = `import { defineFleet } from "flotilla";\n${line}\nexport default defineFleet({ infra: (hub) => { ${use}; } });\n`;
  const project = await ownProject({ "flotilla.config.ts": text, "own.ts": own });
  expect(await project.run("synth", "--only", "infra")).toMatchObject({ code: 0 });
  const hub = JSON.parse(project.read("dist/infra/stacks/hub/cdk.tf.json"));
  expect(hub.output.x).toEqual({ value: 1 });
});
