/**
 * The commands that reach a hub or a device, in one environment of two: each uses the key, lock,
 * outputs and Terraform state of its own, and nothing of the other one changes.
 */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { embeddedInstall } from "../../../edge/installer/embedded-install.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { keyId, parseRootKey } from "../../../fleet/keys/root-key.ts";
import { gatewayPrivateKey } from "../../../fleet/keys/wireguard.ts";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla, type Run } from "../command-line.ts";
import { decoded, paths } from "../hub/bootstrap/bootstrap-workplace.ts";
import { fakeCloud, type FakeCloud } from "../hub/deploy/fake-cloud.ts";
import { temporaryFolder } from "../temporary.ts";
import { environmentProject } from "./environment-project.ts";

const context = "gke_shop-staging_us-east1_shop-staging-hub";
const productionContext = "gke_shop-production_us-east1_shop-hub";

let folder: string;
let cloud: FakeCloud;
const at = (path: string) => join(folder, path);
const read = (path: string) => readFileSync(at(path), "utf8");
const run = (...args: string[]): Promise<Run> => flotilla(folder, args, cloud.environment);

async function succeed(...args: string[]): Promise<Run> {
  const outcome = await run(...args);
  expect([args, outcome.code, outcome.code === 0 ? "" : outcome.err]).toEqual([args, 0, ""]);
  return outcome;
}

const inStaging = ["--environment", "staging"] as const;
const inProduction = ["--environment", "production"] as const;

/** Every file of the project that is not staging's, with its bytes. */
function others(): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) =>
      !/^(dist|environments)\/staging[./]|^dist\/staging$/.test(name) &&
      statSync(at(name)).isFile(),
  );
  return new Map(names.map((name) => [name, readFileSync(at(name), "latin1")]));
}

/** What a device of the environment dials with, from its file in dist. */
const tunnelKey = (environment: string) =>
  /private-key=(\S+)/.exec(read(`dist/${environment}/edge/cafe-01/device.bu`))?.[1];

let prepared: string;
beforeAll(async () => {
  prepared = environmentProject({}, mkdtempSync(join(tmpdir(), "flotilla-test-")));
  for (const args of [
    ["keygen", ...inStaging],
    ["keygen", ...inProduction],
    ["synth", ...inProduction],
    ["publish", "--yes", ...inProduction],
  ]) {
    expect(await flotilla(prepared, args)).toMatchObject({ code: 0 });
  }
});
afterAll(() => rmSync(prepared, { recursive: true, force: true }));
beforeEach(() => {
  cloud = fakeCloud(context);
  folder = temporaryFolder();
  cpSync(prepared, folder, { recursive: true });
});

/** What bootstrap placed is of this environment's key. */
function expectSecretsOf(name: string): void {
  const key = parseRootKey(read(`environments/${name}.key`));
  if (!key) throw new Error("no key");
  const { fleet } = loadFleet(at(`environments/${name}.yaml`));
  expect(cloud.hub.object(paths.mark)?.data).toEqual({
    fleet: fleet.name,
    keyId: keyId(fleet.name, key),
  });
  expect(decoded(cloud.hub, paths.gateways)).toEqual({ gateway: gatewayPrivateKey(fleet, 1, key) });
}

test("deploy plans and applies the stacks of its environment", async () => {
  const before = others();
  // As Terraform, which writes its state where the stack says.
  cloud.on(
    " apply ",
    `p=$(sed -n 's/^ *"path": "\\(.*tfstate\\)".*/\\1/p' cdk.tf.json); echo state >"$p"; exit 0`,
  );
  const { out, err } = await succeed("deploy", "--yes", ...inStaging);
  expect(err).toContain("Using environments/staging.yaml\n");
  expect(cloud.calls()).toContain(
    "gcloud: container clusters get-credentials shop-staging-hub --location=us-east1 --project=shop-staging --dns-endpoint ",
  );
  expect(cloud.calls().join("\n")).not.toMatch(/shop-production|workspace/);
  expect(out).toContain(`kubectl --context ${context} `);
  for (const stack of ["hub", "argocd"]) {
    expect(read(`environments/staging.${stack}.tfstate`)).toBe("state\n");
  }
  expectSecretsOf("staging");
  expect(existsSync(at("dist/staging/state.git"))).toBe(true);
  expect(others()).toEqual(before);
});

test("bootstrap places what its environment's key makes, and refuses another environment's hub", async () => {
  const before = others();
  const { err } = await succeed("bootstrap", ...inStaging);
  expectSecretsOf("staging");
  expect(err).toContain("dist/staging/gitops/root.yaml");
  expect(existsSync(at("environments/staging.lock.yaml"))).toBe(true);
  expect(others()).toEqual(before);
  const wrong = await run("bootstrap", ...inProduction, "--context", context);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/shop-staging/)]);
  expectSecretsOf("staging");
});

test("bootstrap of an environment refuses the hub that kubectl leads to, if it is the other one's", async () => {
  cloud = fakeCloud(productionContext);
  const { code, err } = await run("bootstrap", ...inStaging);
  expect([code, err]).toEqual([1, expect.stringContaining(productionContext)]);
  expect(cloud.hub.calls().filter(({ input }) => input !== "")).toEqual([]);
});

test("destroy deletes the hub of its environment alone", async () => {
  const overlay = read("environments/staging.yaml");
  writeFileSync(
    at("environments/staging.yaml"),
    overlay.replace("project: shop-staging", "$&, deletionProtection: false"),
  );
  for (const kind of ["services", "persistentvolumeclaims", "persistentvolumes"]) {
    cloud.hub.answer(`get ${kind}`, '{"items": []}');
  }
  const before = others();
  const guarded = await run("destroy", "--yes", ...inProduction);
  expect([guarded.code, guarded.err]).toEqual([1, expect.stringContaining("deletionProtection")]);
  await succeed("destroy", "--yes", ...inStaging);
  expect(cloud.calls().join("\n")).toMatch(/terraform: hub (?:apply|destroy)/);
  expect(cloud.calls().join("\n")).not.toContain("shop-production");
  expect(others()).toEqual(before);
});

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");
const fromBase = ["--base", "base.iso", "--allow-release"] as const;

describe.skipIf(!skeleton)("images (skipped without ISO skeletons)", () => {
  beforeEach(() => writeFileSync(at("base.iso"), gunzipSync(readFileSync(skeleton ?? ""))));
  const installed = (bytes: Buffer) => {
    const device = embeddedInstall(openImage("", memorySource(bytes)))?.device;
    return JSON.stringify(device);
  };

  test("image writes into the environment's folder, with keys of its own", async () => {
    const before = others();
    await succeed("image", "cafe-01", ...fromBase, ...inStaging);
    expect(others()).toEqual(before);
    const image = "dist/staging/edge/cafe-01/cafe-01.iso";
    expect(statSync(at(image)).mode & 0o777).toBe(0o600);
    await succeed("synth", ...inStaging);
    const keys = ["staging", "production"].map(tunnelKey);
    expect(new Set(keys).size).toBe(2);
    await succeed("image", "cafe-01", ...fromBase, ...inProduction);
    const [own, other] = ["staging", "production"].map((name) =>
      installed(readFileSync(at(`dist/${name}/edge/cafe-01/cafe-01.iso`))),
    );
    expect(own).not.toBe(other);
    // A device of production alone.
    const unknown = await run("image", "cafe-02", ...fromBase, ...inStaging);
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("cafe-02")]);
  });

  test("image refuses the key of the other environment", async () => {
    await succeed("synth", ...inStaging);
    const key = read("environments/production.key").trim();
    const variables = { ...cloud.environment, FLOTILLA_KEY: key };
    const args = ["image", "cafe-01", ...fromBase, ...inStaging];
    const { code, err } = await flotilla(folder, args, variables);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("environments/staging.lock.yaml: keyId"),
    ]);
    expect(existsSync(at("dist/staging/edge/cafe-01/cafe-01.iso"))).toBe(false);
  });

  const probe = spawnSync("losetup", ["-f"]);
  const noLoop = process.getuid?.() !== 0 || probe.error !== undefined || probe.status !== 0;
  test.skipIf(noLoop)(
    "flash writes the image of its environment (skipped: needs root, losetup)",
    async (test_) => {
      const file = at("stick");
      const descriptor = openSync(file, "w");
      ftruncateSync(descriptor, 8_388_608);
      closeSync(descriptor);
      const made = spawnSync("losetup", ["-f", "--show", file], { encoding: "utf8" });
      if (made.status !== 0) return test_.skip();
      const disk = made.stdout.trim();
      onTestFinished(() => void spawnSync("losetup", ["-d", disk]));
      await succeed("flash", "cafe-01", disk, ...fromBase, "--yes", ...inStaging);
      await succeed("image", "cafe-01", ...fromBase, ...inStaging);
      const image = readFileSync(at("dist/staging/edge/cafe-01/cafe-01.iso"));
      expect(readFileSync(file).subarray(0, image.length).equals(image)).toBe(true);
    },
  );
});
