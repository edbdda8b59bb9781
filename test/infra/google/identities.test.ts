import type { TerraformStack } from "cdktf";
import { expect, test } from "vitest";
import { certManager, certManagerNamespace } from "../../../gitops/addons/cert-manager.ts";
import { externalDns } from "../../../gitops/addons/external-dns.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { externalSecrets } from "../../../gitops/addons/external-secrets.ts";
import { buildGoogleHub } from "../../../infra/google/hub.ts";
import { HubIdentities, HubSecretAccess } from "../../../infra/google/identities.ts";
import { HubNodeAccount } from "../../../infra/google/node-account.ts";
import { sampleFleet } from "../../sample.ts";
import { platformFleet } from "../../gitops/addons/platform.ts";
import { synthesizedResource, synthesizedResources } from "./synthesized.ts";

function build(stack: TerraformStack): void {
  const cluster = new HubNodeAccount(stack, "something", {
    fleetName: "harbor",
    name: "harbor-hub",
    project: "harbor-edge-hub",
  }).grant;
  new HubIdentities(stack, "identities", {
    fleetName: "harbor",
    name: "harbor-hub",
    project: "harbor-edge-hub",
    zoneName: "harbor-hub",
    cluster,
  });
}

function buildAccess(stack: TerraformStack): void {
  const common = { fleetName: "harbor", name: "harbor-hub", project: "harbor-edge-hub" };
  const cluster = new HubNodeAccount(stack, "something", common).grant;
  new HubSecretAccess(stack, "secrets", { ...common, cluster, projectNumber: "123456789012" });
}

test("only the add-ons' own pods may act as their accounts", () => {
  const bindings = synthesizedResources("google_service_account_iam_member", build);
  expect(bindings.map(({ role, member }) => [role, member])).toEqual([
    [
      "roles/iam.workloadIdentityUser",
      "serviceAccount:harbor-edge-hub.svc.id.goog[external-dns/external-dns]",
    ],
    [
      "roles/iam.workloadIdentityUser",
      `serviceAccount:harbor-edge-hub.svc.id.goog[${certManagerNamespace}/cert-manager]`,
    ],
  ]);
});

test("they may change records in one zone, and elsewhere read the zones' names only", () => {
  const zones = synthesizedResources("google_dns_managed_zone_iam_member", build);
  expect(zones.map((zone) => zone["managed_zone"])).toEqual(["harbor-hub", "harbor-hub"]);

  const roles = synthesizedResources("google_project_iam_custom_role", build);
  expect(roles.map((role) => role["role_id"])).toEqual(["harbor_hub_records", "harbor_hub_zones"]);
  const [records, list] = roles.map((role) => role["permissions"] as string[]);
  expect(list).toEqual(["dns.managedZones.list"]);
  const allowed = /^dns\.(changes|resourceRecordSets)\.|^dns\.managedZones\.get$/;
  expect(records?.filter((permission) => !allowed.test(permission))).toEqual([]);

  const [, ...project] = synthesizedResources("google_project_iam_member", build);
  expect(project.map(({ role }) => role)).toEqual([
    "${google_project_iam_custom_role.identities_zones_F74B2B41.name}",
    "${google_project_iam_custom_role.identities_zones_F74B2B41.name}",
  ]);
});

test("External Secrets reads the fleet's own secrets of the project, and lists none", () => {
  const { namespace } = externalSecrets;
  expect(synthesizedResource("google_service_account_iam_member", buildAccess)).toMatchObject({
    member: `serviceAccount:harbor-edge-hub.svc.id.goog[${namespace.name}/external-secrets]`,
  });
  const [, member] = synthesizedResources("google_project_iam_member", buildAccess);
  expect(member).toMatchObject({
    role: "roles/secretmanager.secretAccessor",
    condition: {
      expression: 'resource.name.startsWith("projects/123456789012/secrets/harbor-")',
    },
  });
});

test("an add-on names the account that is made for it", () => {
  const accounts = (of: (stack: TerraformStack) => void): unknown[] =>
    synthesizedResources("google_service_account", of).map((each) => each["account_id"]);
  const annotated = [externalDns, certManager, externalSecrets].map((addon) => {
    const { values } = addon.release(platformFleet());
    const { annotations } = values["serviceAccount"] as { annotations: Record<string, string> };
    return annotations["iam.gke.io/gcp-service-account"]?.split("@")[0];
  });
  expect(accounts(build)).toEqual(["harbor-hub-nodes", ...annotated.slice(0, 2)]);
  expect(accounts(buildAccess)).toEqual(["harbor-hub-nodes", annotated[2]]);
});

test("only a hub with a platform has Secret Manager, and an account for it", () => {
  const hub = (fleet: Fleet, type: string): readonly Record<string, unknown>[] =>
    synthesizedResources(type, (stack) => {
      buildGoogleHub(stack, fleet);
    });
  const services = (fleet: Fleet): unknown[] =>
    hub(fleet, "google_project_service").map(({ service }) => service);
  expect(services(platformFleet())).toContain("secretmanager.googleapis.com");
  expect(services(sampleFleet)).not.toContain("secretmanager.googleapis.com");
  const names = (fleet: Fleet): unknown[] =>
    hub(fleet, "google_service_account").map((account) => account["account_id"]);
  expect(names(platformFleet())).toContain("harbor-hub-creds");
  expect(names(sampleFleet)).not.toContain("harbor-hub-creds");
});

test("the longest name of a fleet makes accounts that Google takes", () => {
  const fleet = { ...platformFleet(), name: "a".repeat(20) };
  const accounts = synthesizedResources("google_service_account", (stack) => {
    buildGoogleHub(stack, fleet);
  });
  const lengths = accounts.map((account) => String(account["account_id"]).length);
  expect(Math.max(...lengths)).toBe(30);
});

test("nodes may write logs and metrics, and have one role", () => {
  const member = synthesizedResource("google_project_iam_member", (stack) => {
    const props = { fleetName: "harbor", name: "harbor-hub", project: "harbor-edge-hub" };
    new HubNodeAccount(stack, "nodes", props);
  });
  expect(member).toMatchObject({ role: "roles/container.defaultNodeServiceAccount" });
});
