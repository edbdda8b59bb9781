/** A mistake in a user's own add-on or Terraform: every command reports it, and none changes a file. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TerraformOutput } from "cdktf";
import { expect, test } from "vitest";
import { synthesizeOwnInfra } from "../../../cli/project/infra-files.ts";
import { DiskTrace } from "../../../cli/runs/disk-trace.ts";
import { sampleFleet } from "../../sample.ts";
import { temporaryFolder } from "../temporary.ts";
import { exampleProject, type OwnProject } from "./own-code/own-project.ts";

const addon = "gitops/addons/uptime.ts";
const bucket = "infra/reports-bucket.ts";
const config = "flotilla.config.ts";

const failing: readonly (readonly [string, string, string, string, RegExp])[] = [
  [
    "an add-on's constructor throws",
    addon,
    "const defaults",
    'if (id) throw new RangeError("no bus"); const defaults',
    /^gitops\/addons\/uptime\.ts:\d+:\d+: add-on uptime: RangeError: no bus$/m,
  ],
  [
    "an add-on has the name of another one",
    addon,
    "{ ...props, ",
    '{ ...props, name: "prometheus", ',
    /^gitops\/addons\/uptime\.ts:\d+:5: add-on uptime: Error: the class passes the name "prometheus" to Addon\./m,
  ],
  [
    "a workload throws",
    "gitops/workloads/price-board.ts",
    "const { namespace, version",
    'if (id) throw new RangeError("no bus"); const { namespace, version',
    /^gitops\/workloads\/price-board\.ts:\d+:\d+: .*RangeError: no bus$/m,
  ],
  [
    "a resource of Terraform throws",
    bucket,
    "super(scope, id);",
    'super(scope, id); throw new RangeError("no bus");',
    /^infra\/reports-bucket\.ts:\d+:\d+: infra: RangeError: no bus$/m,
  ],
  [
    "two resources of Terraform have the same id",
    config,
    'new ReportsBucket(hub, "reports");',
    'new ReportsBucket(hub, "reports");\n    new ReportsBucket(hub, "reports");',
    /^infra\/reports-bucket\.ts:\d+:\d+: infra: Error: There is already a Construct with name 'reports'/m,
  ],
  [
    "a stack of Terraform has no provider",
    config,
    'new ReportsBucket(hub, "reports");',
    'const { TerraformStack } = await import("cdktf");\n    new ReportsBucket(new TerraformStack(hub, "other"), "reports");',
    /^flotilla\.config\.ts: infra: Error: Validation failed with the following errors:$/m,
  ],
  [
    "infra rejects",
    config,
    'new ReportsBucket(hub, "reports");',
    'await Promise.reject(new RangeError("no bus"));',
    /^flotilla\.config\.ts:\d+:\d+: infra: RangeError: no bus$/m,
  ],
  [
    "a part throws for one of several devices alike",
    "edge/parts/can-bus.ts",
    "super(scope, id);",
    'super(scope, id); if (props.device === "till-03") throw new RangeError("no bus");',
    /^edge\/parts\/can-bus\.ts:\d+:\d+: part can, device till-03: RangeError: no bus$/m,
  ],
  [
    "a part adds an invalid path",
    "edge/parts/can-bus.ts",
    '"/etc/can.conf"',
    '"can.conf"',
    /^edge\/parts\/can-bus\.ts:\d+:\d+: part can, device till-0\d: InputError: till-0\d\/parts\/can: addFile\.path: the path "can\.conf": path not absolute/m,
  ],
  [
    "a part adds a file with an invalid mode",
    "edge/parts/can-bus.ts",
    "mode: 0o644",
    "mode: 0o70000",
    /^edge\/parts\/can-bus\.ts:\d+:\d+: part can, device till-0\d: InputError: till-0\d\/parts\/can: addFile\.mode: the path "\/etc\/can\.conf": found 0o70000\./m,
  ],
  [
    "a part adds the path of another part",
    "edge/parts/can-bus.ts",
    "/etc/can.conf",
    "/etc/hostname",
    /^edge\/parts\/can-bus\.ts:\d+:\d+: part can, device till-0\d: Error: till-0\d of fleet own-code is not valid:\n {2}.*both add the path \/etc\/hostname\. Remove one of them\.$/m,
  ],
];

const commands: readonly (readonly string[])[] = [
  ["validate"],
  ["synth"],
  ["synth", "--only", "edge"],
  ["up"],
];

/** The paths and texts of everything that a command may write. */
function filesOf({ folder }: OwnProject): readonly (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/]node_modules[\\/]/.test(path))
    .map((path) => [path, readFileSync(path, "utf8")] as const);
}

test.each(failing)(
  "if %s, validate, synth and up report it and change no file",
  { timeout: 120_000 },
  async (_, file, at, with_, said) => {
    const project = await exampleProject();
    project.edit(file, (text) => text.replace(at, with_));
    const withoutKey = filesOf(project);
    expect(await project.run("up")).toMatchObject({ code: 1, err: expect.stringMatching(said) });
    expect(filesOf(project)).toEqual(withoutKey);
    await project.run("keygen");
    const before = filesOf(project);
    for (const command of commands) {
      const isOfHub = file !== "edge/parts/can-bus.ts";
      if (isOfHub && command.includes("edge")) continue;
      const { code, err } = await project.run(...command);
      expect([command, code, err]).toEqual([command, 1, expect.stringMatching(said)]);
      expect(filesOf(project)).toEqual(before);
    }
  },
);

test("a run depends on what own Terraform reads, and not on what Flotilla reads for it", async () => {
  const file = join(temporaryFolder(), "rules.txt");
  writeFileSync(file, "one");
  const trace = DiskTrace.start();
  try {
    await synthesizeOwnInfra(sampleFleet, (hub) => {
      new TerraformOutput(hub, "rules", { value: readFileSync(file, "utf8") });
    });
  } finally {
    expect(trace.end()?.map(([question, path]) => [question, path])).toEqual([["contents", file]]);
  }
});
