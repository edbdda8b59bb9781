import { expect, test } from "vitest";
import { synthesizeInfra } from "../../../cli/project/infra-files.ts";
import { sampleFleet } from "../../sample.ts";

function backend(state: { readonly bucket: string } | null): unknown {
  const fleet = { ...sampleFleet, cloud: { ...sampleFleet.cloud, state } };
  const stack = JSON.parse(synthesizeInfra(fleet).get("stacks/hub/cdk.tf.json") ?? "");
  return (stack as { terraform: { backend: unknown } }).terraform.backend;
}

test("the state is a file in the project's folder, or an object in the bucket", () => {
  expect(backend(null)).toEqual({ local: { path: "../../../../terraform.hub.tfstate" } });
  expect(backend({ bucket: "harbor-state" })).toEqual({
    gcs: { bucket: "harbor-state", prefix: "harbor/hub" },
  });
});
