/**
 * A user's own project from the package, as its README describes, in an empty folder without access to the
 * repository: installed, started, extended by its own code, made, and published.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWithoutRegistry, packInto } from "../cli/packed.ts";
import { peerPath, sharedPath } from "../peers/peers.ts";

const examples = join(import.meta.dirname, "..", "..", "examples", "own-code");
const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");
const top = realpathSync(mkdtempSync(join(tmpdir(), "flotilla-own-project-")));
const project = join(top, "my fleet");
const base = join(top, "base.iso");
afterAll(() => rmSync(top, { recursive: true, force: true }), 240_000);

/** The environment of a user's shell, without variables of the npm and the make that run the tests. */
const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|NODE_|VITEST|FLOTILLA_|MAKE|MFLAGS)/i.test(name),
    ),
  ),
  PATH: (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter),
  // cdktf would ask for its newest version.
  CHECKPOINT_DISABLE: "1",
  npm_config_prefer_offline: "true",
  npm_config_update_notifier: "false",
};

/** Runs a line of a shell in the project. */
function run(line: string, variables: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", line], {
    cwd: project,
    encoding: "utf8",
    env: { ...environment, ...variables },
  });
  return { status, stdout, stderr };
}

function succeed(line: string, variables: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr } = run(line, variables);
  expect([line, status, status === 0 ? "" : stdout + stderr]).toEqual([line, 0, ""]);
  return stdout + stderr;
}

const at = (path: string) => join(project, path);
const read = (path: string) => readFileSync(at(path), "utf8");
const edit = (path: string, change: (text: string) => string) =>
  writeFileSync(at(path), change(read(path)));

/** What is in the state repository. */
const published = (path: string) => succeed(`git -C dist/state.git show 'main:${path}'`);

describe("your own project (skipped without a package registry)", () => {
  let isInstalled = false;
  beforeAll(() => {
    const { filename } = packInto(top);
    rmSync(join(top, "checkout"), { recursive: true });
    mkdirSync(project);
    if (skeleton !== undefined) writeFileSync(base, gunzipSync(readFileSync(skeleton)));
    const { status, stderr } = run(`npm install --save-dev '${join(top, filename)}'`);
    isInstalled = status === 0;
    if (!isInstalled && !isWithoutRegistry(stderr)) throw new Error(stderr);
  }, 240_000);

  const step = (title: string, todo: () => void, isPossible = true) =>
    test(title, { timeout: 240_000 }, (context) =>
      isInstalled && isPossible ? todo() : context.skip(),
    );

  step("is started by init", () => {
    succeed("npx flotilla init --yes --name bakery --domain edge.bakery.example");
    expect(JSON.parse(read("package.json")).devDependencies.flotilla).toMatch(/^file:.*\.tgz$/);
    expect(existsSync(at("node_modules/flotilla/lib/cli/main.mjs"))).toBe(true);
  });

  step("runs each command of its README as written", () => {
    const lines = [...read("README.md").matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(
      ([, block = ""]) => block.trim().split("\n"),
    );
    // Without a base, the image would be made from a downloaded one.
    const inHand = lines.map((line) =>
      line.startsWith("make iso") ? `${line} BASE='${base}' ALLOW_RELEASE=1` : line,
    );
    expect(lines).toEqual([
      "npm install",
      "make",
      "make test",
      "npx cdktf synth",
      "npx cdk8s synth",
      "make iso DEVICE=cafe-01",
    ]);
    for (const line of inHand) {
      if (line.startsWith("make iso") && skeleton === undefined) continue;
      succeed(line);
    }
    expect(published("hub/fleet/clusters/cafe-01.yaml")).toContain("cafe-01");
    expect(succeed("npx flotilla plan --exit-code")).toContain("Publishing changes nothing.");
    succeed("make help && npx tsx edge/main.ts");
  });

  step("takes one of each kind of code", () => {
    for (const folder of ["edge", "gitops", "infra"]) {
      cpSync(join(examples, folder), at(folder), { recursive: true });
    }
    writeFileSync(at("flotilla.config.ts"), configText);
    edit("fleet.yaml", withOwnCode);
    writeFileSync(at("test/price-board.test.ts"), testText);
    succeed("npx tsc --noEmit");
    expect(succeed("npm test")).toMatch(/# pass 3\b[^]*# fail 0\b/);
    expect(succeed("npx flotilla validate")).toContain("4 workloads");
    expect(succeed("make test")).toContain("# pass 3");
  });

  step("tells a type error of its code at its line", () => {
    const before = read("infra/reports-bucket.ts");
    writeFileSync(at("infra/reports-bucket.ts"), `${before}export const wrong: number = "1";\n`);
    const { status, stderr } = run("npx flotilla validate");
    const line = before.split("\n").length;
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^infra/reports-bucket\\.ts:${line}:14: TS2322: `)),
    ]);
    writeFileSync(at("infra/reports-bucket.ts"), before);
  });

  step("shows in its plan and publishes what its code makes", () => {
    const plan = run("npx flotilla plan --exit-code");
    // Running devices get new workloads.
    expect([plan.status, plan.stdout]).toEqual([3, expect.stringContaining("price-board")]);
    expect(plan.stdout).toContain("uptime");
    succeed("make publish ARGUMENTS=--yes");
    const page = published("edge/price-board/canary/configmap-page.yaml");
    expect(page).toContain("<h1>Prices</h1>");
    expect(published("hub/platform/uptime.yaml")).toContain("interval: 10s");
    expect(published("edge/hello/canary/deployment-hello.yaml")).toContain("Good morning");
    expect(succeed("npx flotilla plan --exit-code")).toContain("Publishing changes nothing.");
  });

  step("gives cdktf and cdk8s the same files", () => {
    succeed("npx flotilla synth");
    const hub = JSON.parse(read("dist/infra/stacks/hub/cdk.tf.json"));
    expect(Object.keys(hub.resource.google_storage_bucket)).toHaveLength(1);
    const hashes = "cd dist && find infra gitops -type f | sort | xargs git hash-object";
    const before = succeed(hashes);
    succeed("npx cdktf synth && npx cdk8s synth");
    expect(succeed(hashes)).toBe(before);
  });

  step(
    "puts its part into an image (skipped without ISO skeletons)",
    () => {
      succeed(`make iso DEVICE=cafe-01 BASE='${base}' ALLOW_RELEASE=1`);
      const image = "dist/edge/cafe-01/cafe-01.iso";
      expect(statSync(at(image)).mode & 0o777).toBe(0o600);
      const live = JSON.parse(succeed(`npx flotilla iso ignition show ${image}`));
      const device = contentsOf(live, "/etc/coreos/dest.ign");
      expect(device).toBe(read("dist/edge/cafe-01/device.ign"));
      const can = contentsOf(JSON.parse(device), "/etc/can.conf");
      expect(can).toBe("cafe-01 harbour-street 250000\n");
    },
    skeleton !== undefined,
  );

  for (const version of ["20.19.0", "22.12.0", "24.21.0"]) {
    const node = peerPath(`node-${version}`);
    const title = `makes the same on Node ${version} (skipped without this Node)`;
    const runAll = () => {
      const PATH = `${join(node ?? "", "bin")}${delimiter}${environment["PATH"] ?? ""}`;
      expect(succeed("node --version", { PATH })).toBe(`v${version}\n`);
      // Own code is bundled and its types are checked again.
      rmSync(at("node_modules/.cache"), { recursive: true, force: true });
      for (const line of [
        "npx flotilla validate",
        "npx flotilla plan --exit-code",
        "npx flotilla synth",
        "node --import tsx infra/main.ts",
        "npm test",
        ...(skeleton === undefined
          ? []
          : [`make iso DEVICE=cafe-02 BASE='${base}' ALLOW_RELEASE=1`]),
      ]) {
        const said = succeed(line, { PATH });
        if (line.includes("synth")) expect(said).toMatch(/dist\/gitops: \d+ files, 0 written/);
        // Node warns about what a later version will refuse.
        expect(said).not.toMatch(/\(node:\d+\)/);
      }
    };
    step(title, runAll, node !== undefined);
  }
});

interface Ignition {
  readonly storage: {
    readonly files: readonly {
      readonly path: string;
      readonly contents: { readonly source: string; readonly compression?: string };
    }[];
  };
}

function contentsOf({ storage }: Ignition, path: string): string {
  const file = storage.files.find((each) => each.path === path);
  const [, type = "", body = ""] = /^data:([^,]*),(.*)$/s.exec(file?.contents.source ?? "") ?? [];
  const bytes = type.endsWith(";base64")
    ? Buffer.from(body, "base64")
    : Buffer.from(decodeURIComponent(body));
  return (file?.contents.compression === "gzip" ? gunzipSync(bytes) : bytes).toString();
}

const configText = `import { defineFleet } from "flotilla";
import { CanBus } from "./edge/parts/can-bus.ts";
import { Uptime } from "./gitops/addons/uptime.ts";
import { Hello } from "./gitops/workloads/hello.ts";
import { PriceBoard } from "./gitops/workloads/price-board.ts";
import { ReportsBucket } from "./infra/reports-bucket.ts";

export default defineFleet({
  workloads: { hello: Hello, "price-board": PriceBoard },
  addons: { uptime: Uptime },
  deviceParts: { can: CanBus },
  infra: (hub) => {
    new ReportsBucket(hub, "reports");
  },
});
`;

const testText = `import assert from "node:assert/strict";
import { test } from "node:test";
import { renderWorkload } from "flotilla/gitops";
import { PriceBoard } from "../gitops/workloads/price-board.ts";

test("the price board has a page", () => {
  const props = { namespace: "price-board", ring: "canary", version: "2" };
  assert.match(JSON.stringify(renderWorkload(PriceBoard, props)), /Prices/);
});
`;

/** As a user edits it: the commented workload, and what the README of the example names. */
function withOwnCode(text: string): string {
  return `${text
    .replace(
      /^ {2}# (hello:\n)((?: {2}# .*\n)+)/m,
      (_, hello: string, body: string) => `  ${hello}${body.replaceAll(/^ {2}# /gm, "  ")}`,
    )
    .replace("    labels: { role: till }\n", "$&    parts: { can: {} }\n")
    .replace("    ring: canary\n", "$&    parts: { can: { bitrate: 250000 } }\n")}
  price-board:
    selector: {}
    versions: { canary: "2", stable: "1" }
    values: { currency: USD }

platform:
  email: platform@bakery.example
  login: { github: { organization: bakery } }
  addons:
    uptime: { seconds: 10 }
`;
}
