import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { afterEach, describe, expect, test, vi } from "vitest";
import { HubStack } from "../../infra/hub.ts";
import { synthesizeInfra } from "../../infra/synth.ts";
import { sampleFleet } from "../sample.ts";

const stackFile = "stacks/hub/cdk.tf.json";

interface TerraformJson {
  readonly resource: Record<string, Record<string, { readonly description?: string }>>;
  readonly output: Record<string, { readonly value: string }>;
}

function synthesizeStack(fleet = sampleFleet): TerraformJson {
  return JSON.parse(synthesizeInfra(fleet).get(stackFile) ?? "") as TerraformJson;
}

const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-infra-"));
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe("synthesizeInfra", () => {
  test("makes these files of the sample fleet", async () => {
    const tree = synthesizeInfra(sampleFleet);
    expect([...tree.keys()]).toEqual(["manifest.json", stackFile]);
    for (const [path, text] of tree) {
      await expect(text).toMatchFileSnapshot(`../golden/infra/${path}`);
    }
  });

  test("makes what cdktf's own App makes of the same stack", () => {
    const folder = temporaryFolder();
    const app = new App({ outdir: folder });
    new HubStack(app, "hub", { fleet: sampleFleet });
    app.synth();
    for (const [path, text] of synthesizeInfra(sampleFleet)) {
      expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(join(folder, path), "utf8")));
    }
  });

  test("does not depend on the working folder or the environment, and leaves nothing behind", () => {
    const here = process.cwd();
    const expected = synthesizeInfra(sampleFleet);
    const elsewhere = join(temporaryFolder(), "elsewhere");
    mkdirSync(elsewhere);
    vi.stubEnv("CDKTF_OUTDIR", join(elsewhere, "out"));
    vi.stubEnv("CDKTF_CONTEXT_JSON", '{"cdktfVersion":"0.0.0"}');
    vi.stubEnv("SYNTH_HCL_OUTPUT", "true");
    vi.stubEnv("CDKTF_TARGET_STACK_ID", "another");
    process.chdir(elsewhere);
    try {
      expect([...synthesizeInfra(sampleFleet)]).toEqual([...expected]);
      expect(readdirSync(elsewhere)).toEqual([]);
    } finally {
      process.chdir(here);
      vi.unstubAllEnvs();
    }
  });

  test("writes no path of this machine and no stack trace", () => {
    for (const text of synthesizeInfra(sampleFleet).values()) {
      for (const trace of [process.cwd(), homedir(), tmpdir(), "node_modules", "stackTrace"]) {
        expect(text).not.toContain(trace);
      }
    }
  });

  test("devices, workloads and rings do not change the hub", () => {
    const other = { ...sampleFleet, devices: [], workloads: [], rings: ["only"] };
    expect([...synthesizeInfra(other)]).toEqual([...synthesizeInfra(sampleFleet)]);
  });
});

/**
 * Where Terraform's state of every running fleet expects its resources: construct path → address.
 * Another address destroys the resource and makes it anew, so a line is only ever added.
 */
const addresses: Readonly<Record<string, string>> = {
  "hub/cluster/general": "google_container_node_pool.cluster_general_51163D5B",
  "hub/cluster/gke": "google_container_cluster.cluster_gke_41AC691A",
  "hub/network/subnet": "google_compute_subnetwork.network_subnet_E45498CD",
  "hub/network/vpc": "google_compute_network.network_vpc_4E8F0223",
  "hub/services/cloudresourcemanager":
    "google_project_service.services_cloudresourcemanager_41AD0F72",
  "hub/services/compute": "google_project_service.services_compute_514B51F8",
  "hub/services/container": "google_project_service.services_container_119BC0AD",
  "hub/services/dns": "google_project_service.services_dns_BC020A49",
  "hub/services/iam": "google_project_service.services_iam_A6C3E2C4",
  "hub/services/iamcredentials": "google_project_service.services_iamcredentials_049AEEA2",
  "hub/services/logging": "google_project_service.services_logging_A036A0D9",
  "hub/services/monitoring": "google_project_service.services_monitoring_8DF8D3D0",
};

describe("contract with running fleets", () => {
  test("addresses of the resources", () => {
    const found = Object.entries(synthesizeStack().resource).flatMap(([type, resources]) =>
      Object.entries(resources).map(([id, resource]) => {
        const { path } = (resource as { "//": { metadata: { path: string } } })["//"].metadata;
        return [path, `${type}.${id}`] as const;
      }),
    );
    expect(Object.fromEntries(found)).toEqual(addresses);
  });

  test("names of the outputs", () => {
    expect(Object.keys(synthesizeStack().output)).toEqual([
      "cluster_name",
      "credentials_command",
      "location",
      "network_name",
    ]);
  });

  test("descriptions, which only a replacement can change, depend on the fleet's name alone", () => {
    const other = {
      ...sampleFleet,
      domain: "other.example",
      devices: [],
      cloud: {
        ...sampleFleet.cloud,
        project: "another-project",
        region: "europe-west1",
        nodePool: { machineType: "e2-standard-8", minNodes: 2, maxNodes: 9 },
      },
    };
    const descriptions = (fleet = sampleFleet): string[] =>
      Object.values(synthesizeStack(fleet).resource)
        .flatMap((resources) => Object.values(resources))
        .flatMap((resource) => resource.description ?? []);
    expect(descriptions(other)).toEqual(descriptions());
    expect(descriptions()).toHaveLength(3);
  });
});
