import { loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import { HubEnrolment } from "../../../edge/parts/hub-enrolment.ts";
import { hubUser } from "../../../fleet/model/contract.ts";
import { bareDevice, composed, fileOf, inlineOf, sampleDevice } from "../devices.ts";

const path = "/var/lib/rancher/k3s/server/manifests/flotilla.yaml";

function objectsOf(name: string) {
  return loadAll(inlineOf(composed(sampleDevice(name)), path)) as Record<string, unknown>[];
}

describe("the enrolment", () => {
  test("gives the hub's user, and nobody else, every right", () => {
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

  test("says what the device is, every fact as text", () => {
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

  test("keeps a name of digits a name", () => {
    const device = bareDevice();
    new HubEnrolment(device, "hub-enrolment", { facts: { device: "0777" } });
    expect(loadAll(inlineOf(device, path))[1]).toMatchObject({ data: { device: "0777" } });
  });

  test("is where K3s applies it, for root alone", () => {
    const device = bareDevice();
    new HubEnrolment(device, "hub-enrolment", { facts: {} });
    expect(fileOf(device, path).mode).toBe(0o600);
    expect(device.toConfig().storage?.directories).toEqual([
      { path: "/var/lib/rancher/k3s/server/manifests", mode: 0o700 },
    ]);
  });
});
