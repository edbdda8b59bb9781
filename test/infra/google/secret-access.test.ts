import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import { expect, test } from "vitest";
import { HubSecretAccess } from "../../../infra/google/secret-access.ts";
import { addonAccounts } from "./addon-accounts.ts";
import { HubServices } from "../../../infra/google/services.ts";
import { resourcesOf, synthesized } from "./synthesized.ts";

const stack = synthesized((scope) => {
  new HubSecretAccess(scope, "secrets", {
    fleetName: "harbor",
    name: "harbor-hub",
    project: "harbor-edge-hub",
    cluster: new HubServices(scope, "services").first,
    projectNumber: "123456789012",
  });
});

test("External Secrets reads the fleet's own secrets of the project, and lists none", () => {
  expect(stack).toHaveResourceWithProperties(ServiceAccountIamMember, {
    member: "serviceAccount:harbor-edge-hub.svc.id.goog[external-secrets/external-secrets]",
  });
  expect(resourcesOf(stack, ProjectIamMember)).toMatchObject([
    {
      role: "roles/secretmanager.secretAccessor",
      condition: {
        expression: 'resource.name.startsWith("projects/123456789012/secrets/harbor-")',
      },
    },
  ]);
});

test("the add-on names the account that is created for it", () => {
  const [account_id] = addonAccounts(["external-secrets"]);
  expect(stack).toHaveResourceWithProperties(ServiceAccount, { account_id });
});
