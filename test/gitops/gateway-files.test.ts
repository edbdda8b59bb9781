import { createHash } from "node:crypto";
import { loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import { formatAddress, knownRange } from "../../fleet/model/addresses.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../sample.ts";
import type { Device } from "../../fleet/model/device.ts";

const [, kiosk] = sampleFleet.devices as [Device, Device];

/** A fleet of devices at these places of the tunnel's range, with names of the greatest length. */
function stateOf(hosts: readonly number[]) {
  const base = knownRange(sampleFleet.tunnel.range).first;
  const devices = hosts.map((host) => ({
    ...kiosk,
    name: `store-${String(host).padStart(57, "0")}`,
    address: formatAddress(base + host),
  }));
  const { cloud } = sampleFleet;
  // As large as so many devices ask for.
  const nodePool = { ...cloud.nodePool, machineType: null };
  const fleet: Fleet = { ...sampleFleet, cloud: { ...cloud, nodePool }, devices };
  const keys = devices.map(({ name }) => [name, "c".repeat(43) + "="] as const);
  return synthesizeState(fleet, { ...samplePublicKeys, devices: new Map(keys) });
}

interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: { readonly metadata: { readonly annotations: object } };
    readonly namespaceResourceWhitelist: readonly {
      readonly group: string;
      readonly kind: string;
    }[];
  };
}

describe("the list of peers", () => {
  test("of a whole slice fits a ConfigMap, whatever the devices are called", () => {
    const hosts = Array.from({ length: 2_046 }, (_, index) => index + 2);
    const text = stateOf(hosts).get("hub/gateway/gateway-peers.yaml") ?? "";
    const [peers] = loadAll(text) as Manifest[];
    const data = peers?.data ?? {};
    expect(data["peers.conf"]?.match(/^\[Peer\]$/gm)).toHaveLength(2_046);
    // Kubernetes' limit for the data of a ConfigMap (core/v1: ConfigMap).
    expect(JSON.stringify(data).length).toBeLessThan(2 ** 20 / 2);
  });
});

describe("a second gateway", () => {
  const state = stateOf([2, 2_050]);

  test("has files of its own and leaves the first one's as they are", () => {
    expect([...state.keys()].filter((path) => path.startsWith("hub/gateway/"))).toEqual([
      "hub/gateway/gateway-2-peers.yaml",
      "hub/gateway/gateway-2.yaml",
      "hub/gateway/gateway-peers.yaml",
      "hub/gateway/gateway.yaml",
      "hub/gateway/namespace.yaml",
    ]);
    const alone = stateOf([2]);
    for (const path of ["gateway-peers", "gateway", "namespace"]) {
      const file = `hub/gateway/${path}.yaml`;
      expect(state.get(file)).toBe(alone.get(file));
    }
  });

  test("has its own slice, key and port at the same address", () => {
    const text = state.get("hub/gateway/gateway-2.yaml");
    expect(text).toContain("value: 100.64.8.1\n");
    expect(text).toContain("device-range.txt: |\n    100.64.8.0/21\n");
    expect(text).toContain("- key: gateway-2\n                path: private-key\n");
    expect(text).toContain("port: 51821\n      protocol: UDP\n      targetPort: 51820\n");
    expect(text).toContain("load-balancer-ip-addresses: harbor-gateway\n");
    const registration = state.get(`hub/fleet/clusters/store-${"2050".padStart(57, "0")}.yaml`);
    expect(registration).toContain('"proxyUrl": "http://gateway-2.flotilla-gateway.svc:3128"');
  });
});

describe("the gateway's objects", () => {
  const state = stateOf([2]);
  const objects = loadAll(state.get("hub/gateway/gateway.yaml") ?? "") as Manifest[];
  const find = (kind: string) => objects.find((object) => object.kind === kind) as Manifest;

  test("start the pod again when script or settings change", () => {
    const { data } = find("ConfigMap");
    const names = ["tunnel.sh", "firewall.nft", "metrics.awk", "squid.conf"];
    const all = [...names, "device-range.txt", "pod-range.txt"].map((name) => [name, data[name]]);
    expect(all).toHaveLength(Object.keys(data).length);
    const text = JSON.stringify(Object.fromEntries(all));
    expect(find("Deployment").spec.template.metadata.annotations).toEqual({
      "flotilla.dev/settings": createHash("sha256").update(text).digest("hex"),
    });
  });
});
