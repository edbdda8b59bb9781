import { expect, test } from "vitest";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { sampleFleet } from "../../sample.ts";
import { manifestOf, stackOf } from "./stacks.ts";

test("is deployed after the hub by cdktf deploy '*'", () => {
  expect(manifestOf(sampleFleet).stacks["argocd"]?.dependencies).toEqual(["hub"]);
});

test("finds a cluster in one zone", () => {
  const cloud = { ...sampleFleet.cloud, location: "us-east1-b" };
  const { data } = stackOf("argocd", { ...sampleFleet, cloud });
  expect(data?.["google_container_cluster"]?.["cluster"]).toMatchObject({
    name: "harbor-hub",
    location: "us-east1-b",
  });
});

test("reads no token, which would be stored in the state", () => {
  expect(Object.keys(stackOf("argocd", sampleFleet).data ?? {})).toEqual([
    "google_container_cluster",
  ]);
});

test("keeps its state in the hub's bucket", () => {
  const cloud = { ...sampleFleet.cloud, state: { bucket: "harbor-state" } };
  expect(stackOf("argocd", { ...sampleFleet, cloud }).terraform.backend).toEqual({
    gcs: { bucket: "harbor-state", prefix: "harbor/argocd" },
  });
});

test("binds nobody to cluster-admin unless the fleet file names somebody", () => {
  const releases = (fleet: Fleet) =>
    Object.keys(stackOf("argocd", fleet).resource["helm_release"] ?? {});
  expect(releases(sampleFleet)).toEqual(["argo_cd", "root"]);
  const administrators = ["user:ada@harbor.example"];
  expect(releases({ ...sampleFleet, administrators })).toEqual([
    "administrators",
    "argo_cd",
    "root",
  ]);
});
