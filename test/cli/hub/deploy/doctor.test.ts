/** What doctor says about the project in Google Cloud: quotas and the bucket of Terraform's state. */
import { ContainerNodePool } from "@cdktf/provider-google/lib/container-node-pool/index.js";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { wantedQuotas } from "../../../../cli/hub/clouds/google-project.ts";
import { formatChecks } from "../../../../cli/hub/deploy/doctor.ts";
import { runProgram } from "../../../../cli/terminal/programs.ts";
import type { GoogleCloud } from "../../../../fleet/model/cloud.ts";
import type { Fleet } from "../../../../fleet/model/fleet.ts";
import { cloudOf } from "../../../../infra/clouds.ts";
import { resourcesOf, synthesized } from "../../../infra/google/synthesized.ts";
import { sampleFleet } from "../../../sample.ts";
import { gke } from "../bootstrap/bootstrap-workplace.ts";
import { flotilla } from "../../command-line.ts";
import { fakeCloud, type FakeCloud } from "./fake-cloud.ts";
import { temporaryFolder } from "../../temporary.ts";

type GoogleFleet = Fleet & { readonly cloud: GoogleCloud };

interface Check {
  readonly name: string;
  readonly state: string;
  readonly needed: boolean;
  readonly found: string;
  readonly fix: string | null;
}

let folder: string;
let cloud: FakeCloud;

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = fakeCloud(gke);
  await flotilla(folder, ["init"]);
});

async function check(name: string): Promise<Check | undefined> {
  const { out } = await flotilla(folder, ["doctor", "--json"], cloud.environment);
  const { checks } = JSON.parse(out) as { checks: readonly Check[] };
  return checks.find((each) => each.name === name);
}

/** Adds a line to the part `cloud` of fleet.yaml. */
function write(line: string): void {
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/^cloud:\n/m, `cloud:\n  ${line}\n`));
}

describe("the bucket of Terraform's state", () => {
  const url = "gs://corner-state";
  beforeEach(() => write("state: { bucket: corner-state }"));

  test("is made by the command that is shown, and keeps versions then", async () => {
    cloud.answer("buckets describe", 1, "ERROR: (gcloud) gs://corner-state not found: 404.");
    expect(await check("state bucket")).toEqual({
      name: "state bucket",
      state: "missing",
      needed: true,
      found: `${url} does not exist, or you have no access to it`,
      fix:
        `gcloud storage buckets create ${url} --project=cornercafe-edge-hub --location=us-east1 ` +
        "--uniform-bucket-level-access --public-access-prevention; " +
        `gcloud storage buckets update ${url} --versioning`,
    });
    const asked = `storage buckets describe ${url} --format=json`;
    expect(cloud.calls().some((call) => call.includes(asked))).toBe(true);
  });

  test.each(["{}", '{"versioning_enabled": false}', '{"versioning": {"enabled": false}}'])(
    "without versions it does not block: %s",
    async (answer) => {
      cloud.answer("buckets describe", 0, answer);
      expect(await check("state bucket")).toMatchObject({
        state: "missing",
        needed: false,
        fix: `gcloud storage buckets update ${url} --versioning`,
      });
    },
  );

  // As gcloud prints it, and as it does with --raw.
  test.each(['{"versioning_enabled": true}', '{\n  "versioning": {\n    "enabled": true\n  }\n}'])(
    "is right: %s",
    async (answer) => {
      cloud.answer("buckets describe", 0, answer);
      expect(await check("state bucket")).toMatchObject({ state: "ok", fix: null });
    },
  );

  test("can't be looked at without a login", async () => {
    cloud.answer("gcloud: auth list", 0, "");
    expect(await check("state bucket")).toMatchObject({ state: "unknown" });
    expect(cloud.calls().some((call) => call.includes("buckets"))).toBe(false);
  });
});

describe("what is unknown", () => {
  test("billing that this account can't read does not block", async () => {
    cloud.answer("billing projects describe", 1, "PERMISSION_DENIED");
    expect(await check("billing")).toMatchObject({ state: "unknown", needed: false });
  });

  test("APIs that can't be listed are switched on first", async () => {
    cloud.answer("services list --enabled", 1, "SERVICE_DISABLED");
    const { state, needed, fix } = (await check("APIs"))!;
    expect([state, needed]).toEqual(["missing", true]);
    expect(fix).toMatch(/^gcloud services enable .*serviceusage.* --project=cornercafe-edge-hub$/);
  });

  test("credentials of another kind are left to Terraform", async () => {
    cloud.answer("print-access-token", 1, "could not find default credentials");
    const environment = { ...cloud.environment, GOOGLE_CREDENTIALS: "key.json" };
    const { out } = await flotilla(folder, ["doctor", "--json"], environment);
    const { checks } = JSON.parse(out) as { checks: readonly Check[] };
    expect(checks.find(({ name }) => name === "Terraform's login")).toMatchObject({
      state: "ok",
      found: "$GOOGLE_CREDENTIALS",
    });
  });
});

test("where the state is a file, nobody asks for a bucket", async () => {
  expect(await check("state bucket")).toBe(undefined);
  expect(cloud.calls().some((call) => call.includes("buckets"))).toBe(false);
});

describe("quotas", () => {
  const withPool = (pool: Partial<GoogleCloud["nodePool"]>): GoogleFleet => ({
    ...sampleFleet,
    cloud: {
      ...sampleFleet.cloud,
      nodePool: { ...sampleFleet.cloud.nodePool, machineType: null, maxNodes: 3, ...pool },
    },
  });
  const devices = (count: number) =>
    Array.from({ length: count }, () => sampleFleet.devices[0]!) as Fleet["devices"];

  test("the machine type follows from the number of devices", () => {
    // Four nodes of each pool: three, and one more while they are upgraded.
    expect(wantedQuotas(withPool({}))).toMatchObject({ CPUS: 4 * 2 + 4 * 2 });
    expect(wantedQuotas({ ...withPool({}), devices: devices(200) })).toMatchObject({
      CPUS: 4 * 4 + 4 * 2,
    });
    expect(wantedQuotas({ ...withPool({}), devices: devices(8000) })).toMatchObject({
      CPUS: 4 * 16 + 4 * 2,
      CPUS_ALL_REGIONS: 4 * 16 + 4 * 2,
    });
  });

  test.each([
    ["e2-standard-8", { CPUS: 4 * 8 + 8, CPUS_ALL_REGIONS: 4 * 8 + 8 }],
    ["e2-medium", { CPUS: 4 * 2 + 8 }],
    ["e2-custom-6-12288", { CPUS: 4 * 6 + 8 }],
    ["n1-standard-4", { CPUS: 4 * 4 + 8 }],
    ["n2-custom-8-16384", { CPUS: 8, N2_CPUS: 4 * 8, CPUS_ALL_REGIONS: 4 * 8 + 8 }],
    ["c3-standard-8-lssd", { CPUS: 8, C3_CPUS: 4 * 8 }],
  ])("of the machine type %s", (machineType, expected) => {
    expect(wantedQuotas(withPool({ machineType }))).toMatchObject(expected);
  });

  test("are those of the stack", () => {
    const stack = synthesized((scope) => void cloudOf(sampleFleet).addHub(scope));
    const pools = resourcesOf(stack, ContainerNodePool) as unknown as readonly Pool[];
    expect(pools).toHaveLength(2);
    const sizes = pools.map(({ autoscaling, upgrade_settings, node_config }) => ({
      nodes: autoscaling.total_max_node_count + upgrade_settings.max_surge,
      processors: Number(/\d+$/.exec(node_config.machine_type)?.[0] ?? 2),
      disk: node_config.disk_size_gb,
    }));
    const sum = (key: "processors" | "disk") =>
      sizes.reduce((total, size) => total + size.nodes * size[key], 0);
    expect(wantedQuotas(sampleFleet)).toMatchObject({
      CPUS: sum("processors"),
      SSD_TOTAL_GB: sum("disk"),
    });
  });

  test("that are low are reported, with the place; the rest is not", async () => {
    const quotas = (...list: readonly (readonly [string, number, number])[]) =>
      JSON.stringify({ quotas: list.map(([metric, limit, usage]) => ({ metric, limit, usage })) });
    cloud.answer("regions describe", 0, quotas(["CPUS", 24, 8], ["SSD_TOTAL_GB", 300, 0]));
    cloud.answer("project-info describe", 0, quotas(["CPUS_ALL_REGIONS", 12, 0]));
    expect(await check("quota CPUS")).toBe(undefined);
    expect(await check("quota SSD_TOTAL_GB")).toMatchObject({
      needed: false,
      found: "300 free in us-east1, and a new hub needs up to 320",
    });
    expect(await check("quota CPUS_ALL_REGIONS")).toMatchObject({
      needed: false,
      found: "12 free in all regions, and a new hub needs up to 16",
      fix: "ask for more: https://console.cloud.google.com/iam-admin/quotas?project=cornercafe-edge-hub",
    });
  });

  test("is unknown before the API compute is on", async () => {
    cloud.answer("regions describe", 1, "ERROR: compute.googleapis.com is not enabled");
    cloud.answer("project-info describe", 1, "ERROR: compute.googleapis.com is not enabled");
    expect(await check("quotas")).toMatchObject({ state: "unknown" });
  });
});

interface Pool {
  readonly autoscaling: { readonly total_max_node_count: number };
  readonly upgrade_settings: { readonly max_surge: number };
  readonly node_config: { readonly machine_type: string; readonly disk_size_gb: number };
}

test("the version of GKE's plugin is shown as it prints it", async () => {
  cloud.answer("gke-gcloud-auth-plugin: --version", 0, "Kubernetes v1.30.0+03fcd0f");
  expect(await check("gke-gcloud-auth-plugin")).toMatchObject({ found: "v1.30.0+03fcd0f" });
});

describe("a program that is waited for", () => {
  const session = { environment: { PATH: "/usr/bin:/bin" } };

  test("is given up after its time", async () => {
    const { code } = await runProgram("sleep", ["60"], session, { timeoutSeconds: 0.1 });
    expect(code).toBe(130);
  });

  test("is not waited for where there is none", async () => {
    const before = clocks();
    const result = await runProgram("no-such-program", [], session, { timeoutSeconds: 60 });
    expect(result.code).toBe("missing");
    expect(clocks()).toBe(before);
  });

  /** What would keep this process alive. */
  const clocks = () =>
    process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
});

test("words have colours by their meaning in a terminal, and stay aligned", () => {
  const row = { name: "git", found: "2.47", fix: null, needed: true } as const;
  const checks = [
    { ...row, state: "ok" },
    { ...row, state: "missing" },
    { ...row, state: "missing", needed: false },
    { ...row, state: "unknown" },
  ] as const;
  const coloured = formatChecks(checks, true);
  expect(coloured.match(/\u001b\[\d+m\w+/g)).toEqual([
    "\u001b[32mok",
    "\u001b[31mmissing",
    "\u001b[33madvice",
    "\u001b[33munknown",
  ]);
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(formatChecks(checks, false));
});
