import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { afterEach, describe, expect, test, vi } from "vitest";
import { HubStack } from "../../infra/stacks/hub.ts";
import { synthesizeInfra } from "../../infra/app.ts";
import { sampleFleet } from "../sample.ts";
import { fullFleet } from "./fleets.ts";

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
    expect([...tree.keys()]).toEqual(expect.arrayContaining(["manifest.json", stackFile]));
    for (const [path, text] of tree) {
      await expect(text).toMatchFileSnapshot(`../golden/infra/${path}`);
    }
  });

  test("makes a hub that has everything of this fleet", async () => {
    const text = synthesizeInfra(fullFleet).get(stackFile);
    await expect(text).toMatchFileSnapshot("../golden/infra/stacks/full/cdk.tf.json");
  });

  test("makes what cdktf's own App makes of the same stack", () => {
    const folder = temporaryFolder();
    const app = new App({ outdir: folder });
    new HubStack(app, "hub", { fleet: sampleFleet });
    app.synth();
    const tree = synthesizeInfra(sampleFleet);
    const read = (path: string) => JSON.parse(readFileSync(join(folder, path), "utf8"));
    expect(JSON.parse(tree.get(stackFile) ?? "")).toEqual(read(stackFile));
    expect(JSON.parse(tree.get("manifest.json") ?? "")).toMatchObject(read("manifest.json"));
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
      const places = [process.cwd(), homedir(), tmpdir()].map((place) => `${place}/`);
      for (const trace of [...places, "node_modules", "stackTrace"]) {
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
  "hub/addresses/gateway": "google_compute_address.addresses_gateway_23DC64DA",
  "hub/addresses/ingress": "google_compute_address.addresses_ingress_98FEBDA2",
  "hub/backup/plan": "google_gke_backup_backup_plan.backup_plan_FCCCE43A",
  "hub/budget/budget": "google_billing_budget.budget_16939279",
  "hub/cluster/gateway": "google_container_node_pool.cluster_gateway_23641FAD",
  "hub/cluster/general": "google_container_node_pool.cluster_general_51163D5B",
  "hub/cluster/gke": "google_container_cluster.cluster_gke_41AC691A",
  "hub/dns/gateway": "google_dns_record_set.dns_gateway_BFEAE1FD",
  "hub/dns/zone": "google_dns_managed_zone.dns_zone_2E2729FB",
  "hub/encryption/grant": "google_kms_crypto_key_iam_member.encryption_grant_04335B17",
  "hub/encryption/key": "google_kms_crypto_key.encryption_key_EEB70057",
  "hub/encryption/ring": "google_kms_key_ring.encryption_ring_C6E463BB",
  "hub/identities/cert-manager": "google_service_account.identities_cert-manager_68B6F1E1",
  "hub/identities/cert-manager-pods":
    "google_service_account_iam_member.identities_cert-manager-pods_926D69E8",
  "hub/identities/cert-manager-records":
    "google_dns_managed_zone_iam_member.identities_cert-manager-records_AA2EE16F",
  "hub/identities/cert-manager-zones":
    "google_project_iam_member.identities_cert-manager-zones_CB464D90",
  "hub/identities/external-dns": "google_service_account.identities_external-dns_30CCA1D0",
  "hub/identities/external-dns-pods":
    "google_service_account_iam_member.identities_external-dns-pods_C883C695",
  "hub/identities/external-dns-records":
    "google_dns_managed_zone_iam_member.identities_external-dns-records_6E68EF33",
  "hub/identities/external-dns-zones":
    "google_project_iam_member.identities_external-dns-zones_CA2EF11B",
  "hub/identities/records": "google_project_iam_custom_role.identities_records_BDAB75EB",
  "hub/identities/zones": "google_project_iam_custom_role.identities_zones_F74B2B41",
  "hub/network/nat": "google_compute_router_nat.network_nat_B2CD8D5F",
  "hub/network/router": "google_compute_router.network_router_B15B771C",
  "hub/network/subnet": "google_compute_subnetwork.network_subnet_E45498CD",
  "hub/network/vpc": "google_compute_network.network_vpc_4E8F0223",
  "hub/nodes/account": "google_service_account.nodes_account_4720EA6A",
  "hub/nodes/logs-and-metrics": "google_project_iam_member.nodes_logs-and-metrics_766849E1",
  "hub/services/billingbudgets": "google_project_service.services_billingbudgets_2A494E73",
  "hub/services/cloudkms": "google_project_service.services_cloudkms_8263DB98",
  "hub/services/cloudresourcemanager":
    "google_project_service.services_cloudresourcemanager_41AD0F72",
  "hub/services/compute": "google_project_service.services_compute_514B51F8",
  "hub/services/container": "google_project_service.services_container_119BC0AD",
  "hub/services/dns": "google_project_service.services_dns_BC020A49",
  "hub/services/gkebackup": "google_project_service.services_gkebackup_7A9735D9",
  "hub/services/iam": "google_project_service.services_iam_A6C3E2C4",
  "hub/services/iamcredentials": "google_project_service.services_iamcredentials_049AEEA2",
  "hub/services/logging": "google_project_service.services_logging_A036A0D9",
  "hub/services/monitoring": "google_project_service.services_monitoring_8DF8D3D0",
  "hub/secrets/external-secrets": "google_service_account.secrets_external-secrets_CF5F62D6",
  "hub/secrets/external-secrets-pods":
    "google_service_account_iam_member.secrets_external-secrets-pods_1468B098",
  "hub/secrets/external-secrets-read":
    "google_project_iam_member.secrets_external-secrets-read_6F59F071",
  "hub/services/secretmanager": "google_project_service.services_secretmanager_C625173F",
};

describe("contract with running fleets", () => {
  test("addresses of the resources", () => {
    const found = Object.entries(synthesizeStack(fullFleet).resource).flatMap(([type, resources]) =>
      Object.entries(resources).map(([id, resource]) => {
        const { path } = (resource as { "//": { metadata: { path: string } } })["//"].metadata;
        return [path, `${type}.${id}`] as const;
      }),
    );
    expect(Object.fromEntries(found)).toEqual(addresses);
  });

  test("names of the outputs", () => {
    expect(Object.keys(synthesizeStack().output)).toEqual([
      "cert_manager_account",
      "cluster_endpoint",
      "cluster_name",
      "credentials_command",
      "external_dns_account",
      "gateway_address",
      "ingress_address",
      "location",
      "name_servers",
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
        nodePool: { machineType: "e2-standard-8", minNodes: 2, maxNodes: 9, spot: true },
      },
    };
    const descriptions = (fleet = sampleFleet): string[] =>
      Object.values(synthesizeStack(fleet).resource)
        .flatMap((resources) => Object.values(resources))
        .flatMap((resource) => resource.description ?? []);
    expect(descriptions(other)).toEqual(descriptions());
    expect(descriptions()).toHaveLength(12);
  });
});
