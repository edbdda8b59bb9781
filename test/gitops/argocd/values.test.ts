import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { fieldAt, type Values } from "../../../fleet/model/values.ts";
import { argoCdValues, type ArgoCdValuesProps } from "../../../gitops/argocd/values.ts";

const props: ArgoCdValuesProps = {
  host: "argocd.example.com",
  shards: 1,
  controllerMebibytes: 1000,
  applicationListMebibytes: 133,
  statusProcessors: 60,
  deviceKinds: [
    { group: "apps", kind: "Deployment", namespaced: true },
    { group: "", kind: "Pod", namespaced: true },
    { group: "example.com", kind: "Shop", namespaced: false },
    { group: "example.com", kind: "Shop", namespaced: true },
    { group: "apps", kind: "ReplicaSet", namespaced: true },
  ],
};

function values(rest: Partial<ArgoCdValuesProps> = {}): any {
  return argoCdValues({ ...props, ...rest });
}

test("the controller has the given size, and a quarter of its memory in reserve", () => {
  expect(values().controller).toMatchObject({
    replicas: 1,
    resources: { requests: { memory: "1000Mi" }, limits: { memory: "1250Mi" } },
  });
  const { configs, controller } = values({ shards: 3 });
  expect(controller.replicas).toBe(3);
  // Registrations name their shard. Argo CD's default puts the hub itself into shard 0.
  expect(configs.params).not.toHaveProperty("controller.sharding.algorithm");
});

test("on devices it watches the given kinds only, by group", () => {
  expect(load(values().configs.cm["resource.inclusions"])).toEqual([
    { apiGroups: [""], kinds: ["Pod"], clusters: ["https://*:6443"] },
    { apiGroups: ["apps"], kinds: ["Deployment", "ReplicaSet"], clusters: ["https://*:6443"] },
    { apiGroups: ["example.com"], kinds: ["Shop"], clusters: ["https://*:6443"] },
  ]);
});

test("health checks are settings by kind", () => {
  const { cm } = values({ healthChecks: { "example.com_Kind": "return {}" } }).configs;
  expect(cm["resource.customizations.health.example.com_Kind"]).toBe("return {}");
});

test("without a web interface nobody signs in, and without Alertmanager nothing is sent", () => {
  const { dex, notifications, server } = values();
  expect([dex, notifications]).toEqual([{ enabled: false }, { enabled: false }]);
  expect(server).not.toHaveProperty("ingress");
});

describe("the web interface", () => {
  const ingress = { ingressClass: "nginx", clusterIssuer: "acme" };
  const webInterface = { organization: "harbor", ingress };

  test("signs in the organization's members, who may read", () => {
    const { configs, dex, server } = values({ webInterface });
    expect(dex.enabled).toBe(true);
    expect(load(configs.cm["dex.config"])).toMatchObject({
      connectors: [
        { type: "github", config: { orgs: [{ name: "harbor" }], teamNameField: "slug" } },
      ],
    });
    expect(configs.rbac).toEqual({ "policy.default": "role:readonly", "policy.csv": "" });
    expect(server.ingress).toMatchObject({
      ingressClassName: "nginx",
      annotations: { "cert-manager.io/cluster-issuer": "acme" },
    });
  });

  test("has no host without an ingress controller", () => {
    const { dex, server } = values({ webInterface: { organization: "harbor" } });
    expect(dex.enabled).toBe(true);
    expect(server).not.toHaveProperty("ingress");
  });

  test("lets one team change things", () => {
    const { configs } = values({ webInterface: { ...webInterface, administrators: "ops" } });
    expect(configs.rbac["policy.csv"]).toBe("g, harbor:ops, role:admin\n");
  });
});

describe("lists without which no device is reached", () => {
  const added = { name: "own" };
  const own = { extraObjects: [added], controller: { volumes: [added] }, server: null };

  test("keep Flotilla's elements before the operator's", () => {
    const ours = argoCdValues(props);
    const merged = argoCdValues({ ...props, values: own });
    const listAt = (all: Values, path: string) =>
      fieldAt(all, path.split(".")) as readonly unknown[];
    for (const path of ["extraObjects", "controller.volumes"]) {
      expect(listAt(merged, path)).toEqual([...listAt(ours, path), added]);
    }
    for (const path of ["controller.volumeMounts", "server.volumes", "server.volumeMounts"]) {
      expect(listAt(ours, path).length).toBe(1);
      expect(listAt(merged, path)).toEqual(listAt(ours, path));
    }
  });
});

test("the operator's values override all others", () => {
  const own = { controller: { replicas: 5 }, redis: { enabled: false } };
  const merged = values({ alertmanager: "alertmanager:9093", values: own });
  expect(merged.notifications.enabled).toBe(true);
  expect(merged.controller).toMatchObject({ replicas: 5, resources: {} });
  expect(merged.redis).toMatchObject({ enabled: false, resources: {} });
});
