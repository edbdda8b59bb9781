/** The Terraform of a hub on your own cluster. */
import { TerraformOutput } from "cdktf";
import { expect, test } from "vitest";
import { synthesizeInfra, synthesizeOwnInfra } from "../../../cli/project/infra-files.ts";
import { existingFleet } from "../../existing-cluster.ts";
import { manifestOf, stackOf } from "../stacks/stacks.ts";

test("it has the stack of Argo CD alone, and nothing of Google", () => {
  expect(Object.keys(manifestOf(existingFleet).stacks)).toEqual(["argocd"]);
  const tree = synthesizeInfra(existingFleet);
  expect([...tree.values()].filter((text) => /google|gke|gcs/i.test(text))).toEqual([]);
});

test("Helm uses the context of the user's own kubeconfig", () => {
  const { provider, variable, resource, data } = stackOf("argocd", existingFleet) as any;
  expect(Object.keys(provider)).toEqual(["helm"]);
  expect(provider.helm[0].kubernetes).toEqual({
    config_context: "admin@factory",
    config_paths: '${split(":", var.kubeconfig)}',
  });
  expect(variable.kubeconfig.default).toBe("~/.kube/config");
  expect(Object.keys(resource)).toEqual(["helm_release"]);
  expect(data).toBeUndefined();
});

test("your own resources have the stack hub, with what the fleet file says", async () => {
  const tree = await synthesizeOwnInfra(existingFleet, (hub) => {
    new TerraformOutput(hub, "own", { value: hub.hub.clusterName });
  });
  const { output, provider } = JSON.parse(tree.get("stacks/hub/cdk.tf.json") ?? "");
  expect(provider).toBeUndefined();
  expect(output.own.value).toBe("admin@factory");
  expect(Object.keys(output).toSorted()).toEqual([
    "cluster_name",
    "credentials_command",
    "gateway_address",
    "ingress_address",
    "own",
  ]);
});
