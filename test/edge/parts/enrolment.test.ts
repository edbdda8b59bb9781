import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import { enrolment } from "../../../edge/parts/enrolment.ts";
import { hubUser } from "../../../fleet/model/contract.ts";
import { context, inlineOf } from "./context.ts";

const path = "/var/lib/rancher/k3s/server/manifests/flotilla.yaml";

function objectsOf(name: string) {
  return loadAll(inlineOf(enrolment(context(name)), path)) as Record<string, unknown>[];
}

describe("enrolment", () => {
  it("gives the hub's user, and nobody else, every right", () => {
    expect(objectsOf("store-01")[0]).toEqual({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "flotilla-hub" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: hubUser }],
    });
  });

  it("says what the device is, every fact as text", () => {
    const [, facts] = objectsOf("store-01");
    expect(facts).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "flotilla-device", namespace: "kube-system" },
      data: {
        fleet: "harbor",
        device: "store-01",
        generation: "2",
        site: "boston",
        ring: "canary",
        profile: "mini-pc",
        architecture: "x86_64",
        k3s: "v1.36.4+k3s1",
        coreos: "44.20260621.3.1",
      },
    });
  });

  it("keeps a name of digits a name", () => {
    const { device, ...rest } = context("store-01");
    const named = { ...rest, device: { ...device, name: "0777" } };
    expect(loadAll(inlineOf(enrolment(named), path))[1]).toMatchObject({
      data: { device: "0777" },
    });
  });

  it("lies where K3s applies it, for root alone", () => {
    const { files, directories } = enrolment(context("store-01"));
    expect(files?.map((file) => [file.path, file.mode])).toEqual([[path, 0o600]]);
    expect(directories).toEqual([{ path: "/var/lib/rancher/k3s/server/manifests", mode: 0o700 }]);
  });
});
