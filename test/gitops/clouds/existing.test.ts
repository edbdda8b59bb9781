/** What is published for a hub on your own cluster, against the same hub in Google Cloud. */
import { expect, test } from "vitest";
import { loadAll } from "js-yaml";
import type { ExistingCluster } from "../../../fleet/model/cloud.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Tree } from "../../../fleet/model/tree.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { existingFleet, sampleCluster } from "../../existing-cluster.ts";
import { sampleFleet, samplePlatform, samplePublicKeys } from "../../sample.ts";
import { parseAddons } from "../../../gitops/addons/index.ts";
import { wholeFleet } from "../whole-state.ts";

const dnsProvider = { values: { provider: { name: "cloudflare" } } };
const platform = { ...samplePlatform, addons: parseAddons({ "external-dns": dnsProvider }) };

const stateOf = (fleet: Fleet): Tree => synthesizeState(fleet, samplePublicKeys);
const clusterState = (change: Partial<ExistingCluster>): Tree =>
  stateOf({ ...existingFleet, platform, cloud: { ...sampleCluster, ...change } });

interface Object {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly spec: any;
}

function object(tree: Tree, kind: string, name: string): Object | undefined {
  return [...tree.values()]
    .filter((text) => text.includes(`kind: ${kind}`))
    .flatMap((text) => loadAll(text) as Object[])
    .find((each) => each?.kind === kind && each.metadata.name === name);
}

const addonValues = (tree: Tree, name: string) => {
  const { sources = [], source = sources[0] } = object(tree, "Application", name)?.spec ?? {};
  return source.helm.valuesObject;
};

test("nothing of Google is in it, with everything on", () => {
  const state = stateOf({ ...wholeFleet, platform, cloud: sampleCluster });
  const google =
    /\bgke|cloud\.google|gserviceaccount|googleapis|google-secret-manager|google-project/i;
  const files = (tree: Tree) =>
    [...tree].filter(([, text]) => google.test(text)).map(([path]) => path);
  // The control: the same fleet in Google Cloud.
  expect(files(stateOf(wholeFleet)).length).toBeGreaterThan(5);
  expect(files(state)).toEqual([]);
});

test("devices and workloads are the same files as in Google Cloud", () => {
  const others = (tree: Tree) =>
    [...tree].filter(([path]) => !/^hub\/(gateway|platform|argocd)\//.test(path));
  expect(others(stateOf(existingFleet))).toEqual(others(stateOf(sampleFleet)));
});

test.each<[string, Partial<ExistingCluster["gateway"]>, unknown]>([
  ["by spec.loadBalancerIP", {}, { type: "LoadBalancer", loadBalancerIP: "203.0.113.10" }],
  [
    "by an annotation",
    { annotations: { "metallb.io/loadBalancerIPs": "203.0.113.10" } },
    { type: "LoadBalancer" },
  ],
  ["by the port of a node", { service: "NodePort" }, { type: "NodePort" }],
])("the gateway is reached %s", (_how, change, expected) => {
  const gateway = { ...sampleCluster.gateway, ...change };
  const service = object(clusterState({ gateway }), "Service", "gateway-tunnel");
  const { type, loadBalancerIP, externalTrafficPolicy, ports } = service?.spec ?? {};
  expect({ type, ...(loadBalancerIP && { loadBalancerIP }) }).toEqual(expected);
  expect(externalTrafficPolicy).toBe("Local");
  expect(service?.metadata.annotations ?? {}).toEqual(gateway.annotations);
  expect(ports[0].nodePort).toBe(gateway.service === "NodePort" ? 51820 : undefined);
});

test("the gateway runs on any node, or on those with the labels", () => {
  const pod = (tree: Tree) => object(tree, "Deployment", "gateway")?.spec.template.spec;
  expect(pod(clusterState({})).nodeSelector).toBeUndefined();
  const nodeSelector = { "kubernetes.io/hostname": "node-1" };
  const gateway = { ...sampleCluster.gateway, nodeSelector };
  expect(pod(clusterState({ gateway })).nodeSelector).toEqual(nodeSelector);
});

test("volumes have the storage class, or the cluster's default", () => {
  const classes = (tree: Tree) =>
    [...tree.values()]
      .join("\n")
      .match(/storageClassName: \S+/g)
      ?.filter((each) => !each.includes("local-path")) ?? [];
  // Elasticsearch, and the disks of Prometheus (its claim and its template) and of Alertmanager.
  expect(classes(clusterState({}))).toEqual(Array(4).fill("storageClassName: ceph-block"));
  expect(classes(clusterState({ storageClass: null }))).toEqual([]);
});

test("secrets come from your own store, which is not made here", () => {
  const state = clusterState({});
  const texts = [...state.values()].join("\n");
  expect(texts).not.toMatch(/^kind: ClusterSecretStore$/m);
  const login = object(state, "ExternalSecret", "login");
  expect(login?.spec.secretStoreRef).toEqual({ kind: "ClusterSecretStore", name: "vault" });
});

test("certificates are validated by your own solver, with its keys as written", () => {
  const dns01 = { azureDNS: { hostedZoneName: "edge.harbor.example", subscriptionID: "1" } };
  const issuer = object(clusterState({ dns01 }), "ClusterIssuer", "letsencrypt");
  expect(issuer?.spec.acme.solvers).toEqual([
    { selector: { dnsZones: [sampleFleet.domain] }, dns01 },
  ]);
});

test("the pages are at the address of the ingress", () => {
  const { service } = addonValues(clusterState({}), "nginx-ingress").controller;
  expect(service).toMatchObject({ type: "LoadBalancer", loadBalancerIP: "203.0.113.11" });
});

test("external-dns has your own provider", () => {
  const values = addonValues(clusterState({}), "external-dns");
  expect(values.provider).toEqual({ name: "cloudflare" });
  expect(values.extraArgs).toEqual({ "ingress-class": "nginx" });
});

test("the courier reaches the hub's API server at its port, and devices at theirs", () => {
  const ports = (apiServerPort: number) => {
    const state = stateOf({ ...wholeFleet, platform, cloud: { ...sampleCluster, apiServerPort } });
    const policy = object(state, "NetworkPolicy", "courier");
    return policy?.spec.egress[1].ports.map(({ port }: { port: number }) => port);
  };
  expect(ports(16_443)).toEqual([443, 6443, 16_443]);
  expect(ports(6443)).toEqual([443, 6443]);
});

test("add-ons reach API servers at the port that a network policy sees", () => {
  const ports = (apiServerPort: number) => {
    const text = clusterState({ apiServerPort }).get("hub/platform/external-secrets.yaml") ?? "";
    const policy = (loadAll(text) as Object[]).find(({ kind }) => kind === "NetworkPolicy");
    return policy?.spec.egress.at(-1).ports.map(({ port }: { port: number }) => port);
  };
  expect(ports(6443)).toEqual([443, 6443]);
  expect(ports(443)).toEqual([443]);
});
