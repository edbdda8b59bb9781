import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Annotations, Aspects, TerraformOutput, TerraformResource, TerraformStack } from "cdktf";
import { describe, expect, test } from "vitest";
import { synthesizeInfra } from "../../cli/project/infra-files.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { maxNodesOf } from "../../fleet/resolve/google-cloud.ts";
import { deviceMost, hubSize } from "../../fleet/rules/hub-size.ts";
import { HubApp } from "../../infra/app.ts";
import { cloudOf } from "../../infra/clouds.ts";
import { temporaryFolder } from "../cli/temporary.ts";
import { sampleFleet } from "../sample.ts";
import { fullFleet, githubFleet } from "./fleets.ts";
import { synthesized } from "./google/synthesized.ts";

const stackFile = "stacks/hub/cdk.tf.json";

type Resources = Record<string, Record<string, Record<string, unknown>>>;

interface TerraformJson {
  readonly resource: Resources;
  readonly data?: Resources;
  readonly output: Record<string, { readonly value: string }>;
}

function synthesizeStack(fleet: Fleet = sampleFleet): TerraformJson {
  return JSON.parse(synthesizeInfra(fleet).get(stackFile) ?? "") as TerraformJson;
}

function newApp(fleet: Fleet = sampleFleet): HubApp {
  return new HubApp({ fleet, outdir: temporaryFolder() });
}

/** A file that an app wrote. */
function read<Content>(app: HubApp, path: string): Content {
  return JSON.parse(readFileSync(join(app.outdir, path), "utf8")) as Content;
}

describe("synthesizeInfra", () => {
  test("makes these files from the sample fleet", async () => {
    const tree = synthesizeInfra(sampleFleet);
    expect([...tree.keys()]).toEqual(expect.arrayContaining(["manifest.json", stackFile]));
    for (const [path, text] of tree) {
      await expect(text).toMatchFileSnapshot(`../golden/infra/${path}`);
    }
  });

  test("makes this hub from a fleet that uses everything", async () => {
    const text = synthesizeInfra(fullFleet).get(stackFile);
    await expect(text).toMatchFileSnapshot("../golden/infra/stacks/full/cdk.tf.json");
  });
});

describe("what a device changes in the cloud", () => {
  function devicesOf(count: number, name = "store", device = sampleFleet.devices[0]!) {
    return Array.from({ length: count }, (_, index) => ({ ...device, name: `${name}-${index}` }));
  }

  /** A fleet whose node pool is left to Flotilla. */
  function fleetOf(devices: Fleet["devices"]): Fleet {
    const defaults = { cloud: { nodePool: { minNodes: 1 } }, argocd: {} } as Parameters<
      typeof maxNodesOf
    >[0];
    const maxNodes = maxNodesOf(defaults, devices.length);
    const nodePool = { machineType: null, minNodes: 1, maxNodes, spot: false };
    return { ...sampleFleet, cloud: { ...sampleFleet.cloud, nodePool }, devices };
  }

  test("the size of the hub at these counts, as docs/how-to/deploy-the-hub.md says", () => {
    const hubOf = (count: number) =>
      synthesized((stack) => void cloudOf(fleetOf(devicesOf(count))).addHub(stack));
    // What follows from the number of devices changes only at these numbers. 2,049 need another gateway.
    const sizes = Array.from({ length: deviceMost() + 1 }, (_, count) => hubSize(count, null));
    const steps = [...sizes.keys()].filter(
      (count) => count === 2049 || !isDeepStrictEqual(sizes[count], sizes[count - 1]),
    );
    const hubs = steps.map(hubOf);
    const changing = steps.filter((_, index) => index > 0 && hubs[index] !== hubs[index - 1]);
    expect(changing.length).toBeLessThan(steps.length);
    const ordinals = changing.map((count) => `${count.toLocaleString("en-US")}${ending(count)}`);
    const sentence = `${ordinals.slice(0, -1).join(", ")} and ${ordinals.at(-1)} device.`;
    const text = readFileSync(
      join(import.meta.dirname, "../../docs/how-to/deploy-the-hub.md"),
      "utf8",
    );
    expect(text.replaceAll("\n", " ")).toContain(sentence);
  });

  test("nothing else; workloads and rings change nothing", () => {
    const [direct, tunneled] = sampleFleet.devices;
    const few = { ...fleetOf(devicesOf(1, "depot", direct)), workloads: [], rings: ["only"] };
    const many = fleetOf(devicesOf(109, "store", tunneled));
    expect([...synthesizeInfra(few)]).toEqual([...synthesizeInfra(many)]);
  });
});

/** As in 1st, 2nd, 3rd, 4th. */
function ending(count: number): string {
  return { one: "st", two: "nd", few: "rd" }[ordinal.select(count) as string] ?? "th";
}
const ordinal = new Intl.PluralRules("en", { type: "ordinal" });

describe("what cdktf offers works on the whole app", () => {
  test("an Aspect reaches every resource of every stack", () => {
    const app = newApp(githubFleet);
    Aspects.of(app).add({
      visit(node) {
        if (TerraformResource.isTerraformResource(node)) node.addOverride("labels.team", "edge");
      },
    });
    app.synth();
    const missing = ["argocd", "github", "hub"].flatMap((stack) => {
      const { resource } = read<TerraformJson>(app, `stacks/${stack}/cdk.tf.json`);
      const resources = Object.values(resource).flatMap((each) => Object.values(each));
      expect(resources.length).toBeGreaterThan(1);
      const isLabeled = ({ labels }: { labels?: { team?: string } }) => labels?.team === "edge";
      return resources.filter((each) => !isLabeled(each));
    });
    expect(missing).toEqual([]);
  });

  test.each([
    [null, { backend: "local", config: { path: "../../../../terraform.hub.tfstate" } }],
    [{ bucket: "b" }, { backend: "gcs", config: { bucket: "b", prefix: "harbor/hub" } }],
  ])("another stack reads a value of the hub by its remote state (%j)", (state, source) => {
    const app = newApp({ ...sampleFleet, cloud: { ...sampleFleet.cloud, state } });
    const reader = new TerraformStack(app, "reader");
    new TerraformOutput(reader, "gateway", { value: app.hub.hub.gatewayAddress });
    app.synth();

    const { data, output } = read<TerraformJson>(app, "stacks/reader/cdk.tf.json");
    const [[id = "", remote] = []] = Object.entries(data?.["terraform_remote_state"] ?? {});
    expect(remote).toMatchObject(source);
    const [, name = ""] =
      new RegExp(`^\\$\\{data\\.terraform_remote_state\\.${id}\\.outputs\\.(.+)}$`).exec(
        output["gateway"]?.value ?? "",
      ) ?? [];
    const hub = read<TerraformJson>(app, stackFile);
    expect(hub.output[name]?.value).toBe(hub.output["gateway_address"]?.value);
    const manifest = read<{ stacks: Record<string, { dependencies: string[] }> }>;
    expect(manifest(app, "manifest.json").stacks["reader"]?.dependencies).toEqual(["hub"]);
  });

  test("a failed validation stops the synthesis and names the construct", () => {
    const app = newApp();
    app.hub.node.addValidation({ validate: () => ["the project is not ours"] });
    expect(() => app.synth()).toThrow("[hub] the project is not ours");
  });

  test("a warning is in the manifest, without a stack trace; an error stops the synthesis", () => {
    const app = newApp();
    Annotations.of(app.argoCd).addWarning("this chart is old");
    app.synth();
    const { stacks } = read<{ stacks: Record<string, { annotations: unknown[] }> }>(
      app,
      "manifest.json",
    );
    expect(stacks["argocd"]?.annotations).toEqual([
      { constructPath: "argocd", level: "@cdktf/warn", message: "this chart is old" },
    ]);

    Annotations.of(app.argoCd).addError("this chart is gone");
    expect(() => app.synth()).toThrow("[argocd] this chart is gone");
  });
});

/**
 * Where Terraform's state of every running fleet has its resources. A resource whose address changes
 * is destroyed and created again, so lines are only ever added.
 */
const addresses = `
  argocd helm_release.administrators
  argocd helm_release.argo_cd
  argocd helm_release.root
  github github_branch_protection.branch
  github github_repository.repository
  github github_repository_deploy_key.deploy_key
  hub google_billing_budget.budget_16939279
  hub google_compute_address.addresses_gateway_23DC64DA
  hub google_compute_address.addresses_ingress_98FEBDA2
  hub google_compute_network.network_vpc_4E8F0223
  hub google_compute_router.network_router_B15B771C
  hub google_compute_router_nat.network_nat_B2CD8D5F
  hub google_compute_subnetwork.network_subnet_E45498CD
  hub google_container_cluster.cluster_gke_41AC691A
  hub google_container_node_pool.cluster_gateway_23641FAD
  hub google_container_node_pool.cluster_general_51163D5B
  hub google_dns_managed_zone.dns_zone_2E2729FB
  hub google_dns_managed_zone_iam_member.identities_cert-manager-records_AA2EE16F
  hub google_dns_managed_zone_iam_member.identities_external-dns-records_6E68EF33
  hub google_dns_record_set.dns_gateway_BFEAE1FD
  hub google_gke_backup_backup_plan.backup_plan_FCCCE43A
  hub google_kms_crypto_key.encryption_key_EEB70057
  hub google_kms_crypto_key_iam_member.encryption_grant_04335B17
  hub google_kms_key_ring.encryption_ring_C6E463BB
  hub google_project_iam_custom_role.identities_records_BDAB75EB
  hub google_project_iam_custom_role.identities_zones_F74B2B41
  hub google_project_iam_member.identities_cert-manager-zones_CB464D90
  hub google_project_iam_member.identities_external-dns-zones_CA2EF11B
  hub google_project_iam_member.nodes_logs-and-metrics_766849E1
  hub google_project_iam_member.secrets_external-secrets-read_6F59F071
  hub google_project_service.services_billingbudgets_2A494E73
  hub google_project_service.services_cloudkms_8263DB98
  hub google_project_service.services_cloudresourcemanager_41AD0F72
  hub google_project_service.services_compute_514B51F8
  hub google_project_service.services_container_119BC0AD
  hub google_project_service.services_dns_BC020A49
  hub google_project_service.services_gkebackup_7A9735D9
  hub google_project_service.services_iam_A6C3E2C4
  hub google_project_service.services_iamcredentials_049AEEA2
  hub google_project_service.services_logging_A036A0D9
  hub google_project_service.services_monitoring_8DF8D3D0
  hub google_project_service.services_secretmanager_C625173F
  hub google_service_account.identities_cert-manager_68B6F1E1
  hub google_service_account.identities_external-dns_30CCA1D0
  hub google_service_account.nodes_account_4720EA6A
  hub google_service_account.secrets_external-secrets_CF5F62D6
  hub google_service_account_iam_member.identities_cert-manager-pods_926D69E8
  hub google_service_account_iam_member.identities_external-dns-pods_C883C695
  hub google_service_account_iam_member.secrets_external-secrets-pods_1468B098
`;

describe("contract with running fleets", () => {
  test("addresses of the resources", () => {
    const fleet: Fleet = {
      ...fullFleet,
      repository: githubFleet.repository,
      administrators: ["user:ada@harbor.example"],
    };
    const tree = synthesizeInfra(fleet);
    const found = ["argocd", "github", "hub"].flatMap((stack) => {
      const text = tree.get(`stacks/${stack}/cdk.tf.json`) ?? "";
      const { resource } = JSON.parse(text) as TerraformJson;
      return Object.entries(resource).flatMap(([type, resources]) =>
        Object.keys(resources).map((id) => `${stack} ${type}.${id}`),
      );
    });
    expect(found.toSorted()).toEqual(addresses.trim().split(/\n\s*/).toSorted());
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
        .flatMap(({ description }) => (description === undefined ? [] : String(description)));
    expect(descriptions(other)).toEqual(descriptions());
    expect(descriptions()).toHaveLength(12);
  });
});
