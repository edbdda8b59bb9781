import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { expect, test } from "vitest";
import { HubNodeAccount } from "../../../infra/google/node-account.ts";
import { resourcesOf, synthesized } from "./synthesized.ts";

test("nodes may write logs and metrics, and have only this role", () => {
  const stack = synthesized((scope) => {
    const props = { fleetName: "harbor", name: "harbor-hub", project: "harbor-edge-hub" };
    new HubNodeAccount(scope, "nodes", props);
  });
  expect(resourcesOf(stack, ProjectIamMember).map((member) => member["role"])).toEqual([
    "roles/container.defaultNodeServiceAccount",
  ]);
});
