import { DnsManagedZoneIamMember } from "@cdktf/provider-google/lib/dns-managed-zone-iam-member/index.js";
import { ProjectIamCustomRole } from "@cdktf/provider-google/lib/project-iam-custom-role/index.js";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import { expect, test } from "vitest";
import { HubIdentities } from "../../../infra/google/identities.ts";
import { HubServices } from "../../../infra/google/services.ts";
import { addonAccounts } from "./addon-accounts.ts";
import { resourcesOf, synthesized } from "./synthesized.ts";

const stack = synthesized((scope) => {
  new HubIdentities(scope, "identities", {
    fleetName: "harbor",
    name: "harbor-hub",
    project: "harbor-edge-hub",
    zoneName: "harbor-hub",
    cluster: new HubServices(scope, "services").first,
  });
});

test("only the add-ons' own pods may use their accounts", () => {
  const bindings = resourcesOf(stack, ServiceAccountIamMember);
  expect(bindings.map(({ role, member }) => [role, member])).toEqual([
    [
      "roles/iam.workloadIdentityUser",
      "serviceAccount:harbor-edge-hub.svc.id.goog[cert-manager/cert-manager]",
    ],
    [
      "roles/iam.workloadIdentityUser",
      "serviceAccount:harbor-edge-hub.svc.id.goog[external-dns/external-dns]",
    ],
  ]);
});

test("they may change records in one zone, and elsewhere read the zones' names only", () => {
  const zones = resourcesOf(stack, DnsManagedZoneIamMember);
  expect(zones.map((zone) => zone["managed_zone"])).toEqual(["harbor-hub", "harbor-hub"]);

  const roles = resourcesOf(stack, ProjectIamCustomRole);
  expect(roles.map((role) => role["role_id"])).toEqual(["harbor_hub_records", "harbor_hub_zones"]);
  const [records, list] = roles.map((role) => role["permissions"] as string[]);
  expect(list).toEqual(["dns.managedZones.list"]);
  const allowed = /^dns\.(changes|resourceRecordSets)\.|^dns\.managedZones\.get$/;
  expect(records?.filter((permission) => !allowed.test(permission))).toEqual([]);

  const listing = "${google_project_iam_custom_role.identities_zones_F74B2B41.name}";
  const project = resourcesOf(stack, ProjectIamMember);
  expect(project.map(({ role }) => role)).toEqual([listing, listing]);
});

test("an add-on names the account that is created for it", () => {
  const accounts = resourcesOf(stack, ServiceAccount).map((each) => each["account_id"]);
  expect(accounts).toEqual(addonAccounts(["cert-manager", "external-dns"]));
});
