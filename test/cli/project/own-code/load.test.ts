/** A user's own code: what each kind becomes, and how each mistake in it is reported. */
import { cpSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../temporary.ts";
import { exampleProject, ownProject } from "./own-project.ts";

test("one of each kind is in the outputs", { timeout: 120_000 }, async () => {
  const project = await exampleProject();
  await project.run("keygen");
  expect(await project.run("validate")).toMatchObject({ code: 0 });
  const { code, err } = await project.run("synth");
  expect([code, err]).toEqual([0, expect.stringContaining("dist/edge")]);
  const page = project.read("dist/gitops/edge/price-board/canary/configmap-page.yaml");
  expect(page).toContain("currency: USD");
  expect(page).toContain("<h1>Prices</h1>");
  expect(project.read("dist/gitops/hub/platform/uptime.yaml")).toContain("interval: 10s");
  expect(project.read("fleet.lock.yaml")).toContain("prometheus-blackbox-exporter:");
  expect(project.read("dist/edge/till-01/device.bu")).toContain("till-01 quay 125000\n");
  expect(project.read("dist/edge/till-02/device.bu")).toContain("till-02 quay 500000\n");
  const hub = JSON.parse(project.read("dist/infra/stacks/hub/cdk.tf.json"));
  expect(Object.keys(hub.resource.google_storage_bucket)).toHaveLength(1);
  // A changed part of one device means a new image for it, and for no other device.
  const registration = "dist/gitops/hub/fleet/clusters/till-02.yaml";
  const before = [1, 2, 3].map((n) => project.read(registration.replace("02", `0${n}`)));
  project.edit("fleet.yaml", (text) => text.replace("bitrate: 125000", "bitrate: 250000"));
  await project.run("synth");
  const after = [1, 2, 3].map((n) => project.read(registration.replace("02", `0${n}`)));
  expect(after.map((text, index) => text === before[index])).toEqual([false, true, true]);
});

test("their values are in the schema, and mistakes in them are reported", async () => {
  const project = await exampleProject();
  project.edit("fleet.yaml", (text) =>
    text
      .replace("currency: USD", "currency: GBP")
      .replace("bitrate: 125000", "bitrat: 1")
      .replace("seconds: 10", "seconds: often"),
  );
  const { code, err } = await project.run("validate");
  expect(code).toBe(1);
  expect(err.replaceAll(/:\d+:\d+:/g, ":")).toBe(
    [
      'fleet.yaml: platform.addons.uptime.seconds: found "often". Write a number.',
      'fleet.yaml: devices.till-01.parts.can.bitrat: unknown key "bitrat". Did you mean bitrate?',
      'fleet.yaml: workloads.price-board.values.currency: found "GBP". Write one of: EUR, USD.',
      "flotilla: 3 mistakes",
      "",
    ].join("\n"),
  );
  const { out } = await project.run("schema");
  for (const text of ["Of the prices.", "Between two probes.", "Bits a second."]) {
    expect(out).toContain(text);
  }
});

const config = (body: string) => `import { defineFleet } from "flotilla";\n${body}\n`;

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const broken: readonly (readonly [string, string, string | RegExp])[] = [
  [
    "a syntax error",
    "export default defineFleet({ workloads: { };",
    /^flotilla\.config\.ts:2:\d+: Expected /,
  ],
  [
    "no default export",
    "export const fleet = defineFleet({});",
    "flotilla.config.ts:1:1: the default export is missing. Write: export default defineFleet({ … });",
  ],
  [
    "another value",
    "export default 3;",
    "flotilla.config.ts:2:1: the default export is not a fleet definition. Write: export default defineFleet({ … });",
  ],
  [
    "a promise",
    "export default Promise.resolve(defineFleet({}));",
    "flotilla.config.ts:2:1: the default export is not a fleet definition. Write: export default defineFleet({ … });",
  ],
  [
    "a Map of classes",
    "export default defineFleet({ workloads: new Map() } as any);",
    "flotilla.config.ts:2:30: workloads: this is not an object of classes by their names. Write { name: Class }.",
  ],
  [
    "a name that is not exported",
    'import { Adon } from "flotilla/gitops"; export default defineFleet({ addons: { a: Adon } } as any);',
    /^flotilla\.config\.ts:2:10: No matching export in "flotilla\/gitops" for import "Adon"/,
  ],
  [
    "a name that cdktf does not export",
    'import { TerraformStac } from "cdktf"; export default defineFleet({ infra: TerraformStac } as any);',
    'flotilla.config.ts:2:10: No matching export in "cdktf" for import "TerraformStac"',
  ],
  [
    "another entry",
    'import "flotilla/cli"; export default defineFleet({});',
    /^flotilla\.config\.ts:2:8: "flotilla\/cli" is not an entry of Flotilla\. Import from one of flotilla, flotilla\/edge, /,
  ],
  [
    "a missing package",
    'import thing from "left-pad/x"; export default defineFleet({ infra: thing });',
    'flotilla.config.ts:2:19: the package "left-pad" is not installed. Run: npm install left-pad',
  ],
  [
    "a missing file",
    'import { A } from "./gone.ts"; export default defineFleet({ infra: A });',
    'flotilla.config.ts:2:19: Could not resolve "./gone.ts"',
  ],
  [
    "an exception",
    'const f = () => { throw new RangeError("no prices"); };\nexport default defineFleet(f());',
    "flotilla.config.ts:2:25: RangeError: no prices",
  ],
  [
    "an unknown key",
    "export default defineFleet({ workload: {} } as any);",
    "flotilla.config.ts:2:30: workload: found the key workload. Write one of: workloads, addons, deviceParts, infra. Did you mean workloads?",
  ],
  [
    "a value in place of a class",
    'export default defineFleet({ workloads: { "price-board": {} } } as any);',
    "flotilla.config.ts:2:44: workloads.price-board: this is not a class. Write a class that extends Construct.",
  ],
  [
    "a name of JavaScript",
    "export default defineFleet({ workloads: { constructor: class {} } } as any);",
    "flotilla.config.ts:2:43: workloads.constructor: JavaScript uses the name constructor. Write another one.",
  ],
  [
    "a name that Kubernetes refuses",
    "export default defineFleet({ deviceParts: { Can_Bus: class {} } } as any);",
    /^flotilla\.config\.ts:2:45: deviceParts\.Can_Bus: "Can_Bus" is not /,
  ],
  [
    "an add-on without a chart",
    "export default defineFleet({ addons: { up: class {} } } as any);",
    "flotilla.config.ts:2:40: addons.up: the class has no chart. Write: static readonly chart = { name, repository, version }.",
  ],
  [
    "an add-on with a name that is taken",
    'const chart = { name: "a", repository: "https://a.example", version: "1.0.0" };\nexport default defineFleet({ addons: { prometheus: class { static chart = chart } } } as any);',
    "flotilla.config.ts:3:40: addons.prometheus: Flotilla has an add-on of this name. Write another name, or set its values in fleet.yaml.",
  ],
  [
    "a schema that is not an object",
    "export default defineFleet({ deviceParts: { can: class { static values = 3 } } } as any);",
    "flotilla.config.ts:2:45: deviceParts.can: its static property values is not a Zod object schema. Write: static readonly values = z.strictObject({ … }).",
  ],
  [
    "a value that must be written",
    'import { z } from "zod"; export default defineFleet({ deviceParts: { can: class { static values = z.strictObject({ rate: z.int() }) } } } as any);',
    "flotilla.config.ts:2:70: deviceParts.can: rate in its static property values must have a default or be optional, so that a fleet file can omit it.",
  ],
  [
    "infra that is not a function",
    "export default defineFleet({ infra: {} } as any);",
    "flotilla.config.ts:2:30: infra: this is not a function. Write: infra: (hub) => { … }.",
  ],
];

test.each(broken)("%s is reported at its line", async (_, body, said) => {
  const project = await ownProject({ "flotilla.config.ts": config(body) });
  const { code, out, err } = await project.run("validate");
  const [first] = err.split("\n");
  expect([code, out, first]).toEqual([
    1,
    "",
    typeof said === "string" ? said : expect.stringMatching(said),
  ]);
  // A broken file also stops the outputs that do not use it.
  expect(await project.run("synth", "--only", "infra")).toMatchObject({ code: 1 });
  expect(readdirSync(project.folder)).not.toContain("dist");
});

/** A user's own packages, as npm installs them. */
const packages = {
  "node_modules/esm/package.json": '{ "name": "esm", "type": "module", "exports": "./index.js" }',
  "node_modules/esm/index.js": "export const one = 1;",
  "node_modules/cjs/package.json": '{ "name": "cjs", "main": "index.js" }',
  "node_modules/cjs/index.js": "exports.one = 1;",
  "node_modules/cjs/data.json": '{ "one": 1 }',
  "node_modules/source/package.json":
    '{ "name": "source", "type": "module", "exports": "./index.ts" }',
  "node_modules/source/index.ts": "export const one: number = 1;",
  "own/one.ts": "export const one: number = 1;",
  "own/asks.ts": 'import { two } from "cjs"; export const A = two;',
  "own/fails.mjs": '\nthrow new Error("no price");',
};

test.each([
  ['import { one } from "esm";'],
  ['import { one } from "cjs";'],
  ['import data from "cjs/data.json" with { type: "json" }; const { one } = data;'],
  ['import data from "cjs/data.json"; const { one } = data;'],
  ['import { one } from "source";'],
  ['import { one } from "./own/one.js";'],
  ['import { one } from "./own/one";'],
  ['import one from "data:text/javascript,export default 1";'],
  ['const { one } = await import("esm");'],
  ['import * as cjs from "cjs"; const { one } = cjs;'],
])("%s is imported", async (line) => {
  const body = `${line}\nif (one !== 1) throw new Error("another value");\nexport default defineFleet({});`;
  const project = await ownProject({ ...packages, "flotilla.config.ts": config(body) });
  expect(await project.run("validate")).toMatchObject({ code: 0 });
});

test.each([
  [
    'import { two } from "cjs"; void [two];',
    "flotilla.config.ts:2:21: Named export 'two' not found. ",
  ],
  [
    'const { A } = await import("./own/asks.ts"); void [A];',
    "own/asks.ts:1:21: Named export 'two' not found. ",
  ],
  ['import "./own/fails.mjs";', "own/fails.mjs:2:7: flotilla.config.ts: Error: no price"],
  ['import "node:nothing";', "flotilla.config.ts:2:8: this Node (v"],
  ['import "https://esm.example/a.js";', "flotilla.config.ts:2:8: a URL cannot be imported."],
])("%s is reported at its line", async (line, said) => {
  const body = `${line}\nexport default defineFleet({});`;
  const project = await ownProject({ ...packages, "flotilla.config.ts": config(body) });
  const { code, err } = await project.run("validate");
  expect([code, err]).toEqual([1, expect.stringMatching(new RegExp(`^${escaped(said)}`))]);
});

test("your own workload needs no values", async () => {
  const body =
    'import { Construct } from "constructs"; class Empty extends Construct {}\nexport default defineFleet({ workloads: { "point-of-sale": Empty } });';
  const project = await ownProject({ "flotilla.config.ts": config(body) });
  expect(await project.run("validate")).toMatchObject({ code: 0 });
  project.edit("fleet.yaml", (text) =>
    text.replace("  point-of-sale:\n", "$&    values: { colour: red }\n"),
  );
  const { code, err } = await project.run("validate");
  expect([code, err]).toEqual([1, expect.stringContaining("point-of-sale.values")]);
});

test.each(["js", "mjs", "mts", "json"])("flotilla.config.%s is another name", async (extension) => {
  const name = `flotilla.config.${extension}`;
  const project = await ownProject({ [name]: config("export default defineFleet({});") });
  rmSync(join(project.folder, "flotilla.config.ts"));
  const { code, err } = await project.run("validate");
  const message = "Flotilla does not read this file. Rename it to flotilla.config.ts.";
  expect([code, err.split("\n")[0]]).toEqual([1, `${name}: ${message}`]);
});

test("with node_modules that are a link, places are those of the project", async () => {
  const body = 'throw new Error("no price");\nexport default defineFleet({});';
  const project = await ownProject({ "flotilla.config.ts": config(body) });
  const elsewhere = join(temporaryFolder(), "deep", "modules");
  cpSync(join(project.folder, "node_modules"), elsewhere, { recursive: true });
  rmSync(join(project.folder, "node_modules"), { recursive: true });
  symlinkSync(elsewhere, join(project.folder, "node_modules"));
  const { err } = await project.run("validate");
  expect(err.split("\n")[0]).toBe("flotilla.config.ts:2:7: Error: no price");
});

const schemas: readonly (readonly [string, string, string])[] = [
  [
    "a default that throws",
    'z.strictObject({ t: z.string().default(() => { throw new RangeError("no price"); }) })',
    "flotilla.config.ts:5:81: RangeError: no price",
  ],
  [
    "a check that throws",
    'z.strictObject({ t: z.int().refine(() => { throw new RangeError("no price"); }).optional() })',
    "flotilla.config.ts:5:77: RangeError: no price",
  ],
  [
    "a check that is asynchronous",
    "z.strictObject({ t: z.int().refine(async () => true).optional() })",
    "flotilla.config.ts: a check in a schema is asynchronous. Write one that returns true or false.",
  ],
  [
    "a name that Flotilla uses",
    "z.strictObject({ t: z.int().optional(), ring: z.string().optional() })",
    "flotilla.config.ts:7:43: workloads.board: its static property values has ring, which Flotilla gives to the class itself. Write another name.",
  ],
];

test.each(schemas)("a schema with %s is reported", async (_, schema, said) => {
  const body = `import { Construct } from "constructs";
import { z } from "zod";
class Board extends Construct { // board
  static readonly values = ${schema};
}
export default defineFleet({ workloads: { board: Board } });`;
  const project = await ownProject({ "flotilla.config.ts": config(body) });
  project.edit("fleet.yaml", (text) =>
    text.replace(
      /^workloads:\n/m,
      '$&  board:\n    selector: {}\n    versions: { canary: "1", stable: "1" }\n    values: { t: 1 }\n',
    ),
  );
  if (schema.includes("default(")) {
    project.edit("fleet.yaml", (text) => text.replace("    values: { t: 1 }\n", ""));
  }
  const { code, err } = await project.run("validate");
  expect([code, err.split("\n")[0]]).toEqual([1, said]);
});

const failing: readonly (readonly [string, string, string, string])[] = [
  [
    "edge/parts/can-bus.ts",
    "super(scope, id);",
    'throw new RangeError("no bus");',
    "part can, device till-0",
  ],
  [
    "gitops/workloads/price-board.ts",
    "const { namespace",
    'throw new RangeError("no bus"); const { namespace',
    "workload price-board, ring canary: ",
  ],
  [
    "gitops/addons/uptime.ts",
    "const defaults",
    'if (id) throw new RangeError("no bus"); const defaults',
    "add-on uptime: ",
  ],
  [
    "infra/reports-bucket.ts",
    "super(scope, id);",
    'super(scope, id); throw new RangeError("no bus");',
    "infra: ",
  ],
];

test.each(failing)("an exception in %s is reported at its line", async (file, at, with_, where) => {
  const project = await exampleProject();
  project.edit(file, (text) => text.replace(at, with_));
  await project.run("keygen");
  const { code, err } = await project.run("synth");
  const line =
    project
      .read(file)
      .split("\n")
      .findIndex((each) => each.includes("no bus")) + 1;
  expect(code).toBe(1);
  expect(err).toMatch(new RegExp(`^${file}:${line}:\\d+: ${where}.*RangeError: no bus$`, "m"));
});

test("a part cannot use the path of another part, or write invalid Butane", async () => {
  const project = await exampleProject();
  project.edit("edge/parts/can-bus.ts", (text) =>
    text.replace("/etc/can.conf", "/etc/rancher/k3s/config.yaml"),
  );
  const taken = await project.run("validate");
  expect([taken.code, taken.err]).toEqual([
    1,
    expect.stringMatching(
      /part can, device till-0\d: .*parts\/can both add the path \/etc\/rancher\/k3s\/config\.yaml/s,
    ),
  ]);
  project.edit("edge/parts/can-bus.ts", (text) =>
    text.replace("/etc/rancher/k3s/config.yaml", "no-slash"),
  );
  const invalid = await project.run("validate");
  expect([invalid.code, invalid.err]).toEqual([
    1,
    expect.stringMatching(/part can, device till-0\d: .*no-slash|path not absolute/s),
  ]);
});

test("a change of any of its files is noticed; without one, nothing is bundled", async () => {
  const project = await exampleProject();
  await project.run("validate");
  const cache = join(project.folder, "node_modules", ".cache", "flotilla", "own-code");
  const before = readdirSync(cache).toSorted();
  await project.run("validate");
  expect(readdirSync(cache).toSorted()).toEqual(before);
  project.edit("edge/parts/can-bus.ts", (text) => text.replace("bitrate:", "speed:"));
  const { err } = await project.run("validate");
  expect(err).toContain('unknown key "bitrate"');
  // A removed bundle is made again.
  for (const name of readdirSync(cache)) rmSync(join(cache, name), { recursive: true });
  expect((await project.run("validate")).err).toContain('unknown key "bitrate"');
});

test("it is found above the fleet file, up to package.json", async () => {
  const project = await exampleProject();
  project.write("staging/fleet.yaml", project.read("fleet.yaml"));
  const inside = ["--fleet", join(project.folder, "staging", "fleet.yaml"), "validate"];
  expect(await project.run(...inside)).toMatchObject({ code: 0 });
  project.write("staging/package.json", "{}");
  expect(await project.run(...inside)).toMatchObject({ code: 1 });
});
