/** What a fleet's declaration makes of a device: which parts, and with which props. */
import { describe, expect, test } from "vitest";
import { rolloutWariness } from "../../edge/fleet-devices.ts";
import type { Device, Mirror } from "../../fleet/model/device.ts";
import { sampleFleet } from "../sample.ts";
import { composed, fileOf, inlineOf, sampleDevice } from "./devices.ts";

const hasPath = (device: Device, path: string) => composed(device).owners.paths.has(path);
const keyfile = "/etc/NetworkManager/system-connections/wg-hub.nmconnection";
const binary = "/usr/local/bin/k3s";

describe("the tunnel", () => {
  test("has the device's gateway as its peer", () => {
    const text = inlineOf(composed(sampleDevice("store-01")), keyfile);
    expect(text).toContain("[wireguard-peer.Z2F0ZXdheWdhdGV3YXlnYXRld2F5Z2F0ZXdheWdhdGU=]\n");
    expect(text).toContain("endpoint=gateway.edge.harbor.example:51820\n");
    expect(text).toContain("allowed-ips=100.64.0.1/32;\n");
    expect(text).toContain("address1=100.64.0.3/32\n");
  });

  test("is not for devices that the hub reaches directly", () => {
    expect(hasPath(sampleDevice("depot-01"), keyfile)).toBe(false);
  });
});

test("the firewall is open to the tunnel, or to everybody where there is none", () => {
  const rules = (name: string) =>
    inlineOf(composed(sampleDevice(name)), "/etc/flotilla/firewall.nft");
  expect(rules("store-01")).toContain('iifname "wg-hub" tcp dport 6443 accept');
  expect(rules("depot-01")).not.toContain("wg-hub");
});

test("K3s is the pinned binary of the device's architecture", () => {
  const { x86_64, aarch64 } = sampleFleet.pins.k3s.binary;
  for (const [name, pin] of [
    ["store-01", x86_64],
    ["kiosk-01", aarch64],
  ] as const) {
    expect(fileOf(composed(sampleDevice(name)), binary).contents).toEqual({
      source: pin.url,
      verification: { hash: `sha256-${pin.sha256}` },
    });
  }
});

describe("a site's mirror", () => {
  const none: Mirror = { url: null, imagesSha256: {}, registry: null };
  const images = { x86_64: "a".repeat(64), aarch64: "b".repeat(64) };
  const url = "https://mirror.harbor.example/k3s";
  const release = `${url}/v1.36.4%2Bk3s1`;
  const registries = "/etc/rancher/k3s/registries.yaml";

  function mirrored(name: string, parts: Partial<Mirror>): Device {
    const device = sampleDevice(name);
    return { ...device, site: { ...device.site, mirror: { ...none, ...parts } } };
  }

  test("has the binary, of the same hash", () => {
    const there = fileOf(composed(mirrored("kiosk-01", { url })), binary);
    const elsewhere = fileOf(composed(sampleDevice("kiosk-01")), binary);
    expect(there.contents).toEqual({ ...elsewhere.contents, source: `${release}/k3s-arm64` });
  });

  test.each([
    ["store-01", "amd64", images.x86_64],
    ["kiosk-01", "arm64", images.aarch64],
  ])("gives %s the images for %s", (name, architecture, sha256) => {
    const archive = `k3s-airgap-images-${architecture}.tar.zst`;
    const device = mirrored(name, { url, imagesSha256: images });
    const path = `/var/lib/rancher/k3s/agent/images/${archive}`;
    expect(fileOf(composed(device), path).contents).toEqual({
      source: `${release}/${archive}`,
      verification: { hash: `sha256-${sha256}` },
    });
    expect(hasPath(sampleDevice(name), path)).toBe(false);
    expect(hasPath(device, registries)).toBe(false);
  });

  test("has a registry", () => {
    const registry = "https://registry.harbor.example:5000";
    expect(inlineOf(composed(mirrored("store-01", { registry })), registries)).toContain(registry);
    expect(hasPath(sampleDevice("store-01"), registries)).toBe(false);
  });
});

describe("rollout wariness", () => {
  test.each([
    [["only"], [0.5]],
    [
      ["canary", "stable"],
      [0.1, 0.9],
    ],
    [
      ["canary", "early", "stable"],
      [0.1, 0.5, 0.9],
    ],
    [
      ["a", "b", "c", "d"],
      [0.1, 0.37, 0.63, 0.9],
    ],
  ])("of %j is %j", (rings, expected) => {
    expect(rings.map((ring) => rolloutWariness(rings, ring))).toEqual(expected);
  });
});

describe("a site with a proxy", () => {
  const proxy = {
    http: "http://proxy.harbor.example:3128",
    https: "http://proxy.harbor.example:3128",
    except: [".harbor.example"],
    login: null,
  };
  const noProxyOf = (name: string, file: string, variable: string) => {
    const device = sampleDevice(name);
    const site = { ...device.site, network: "192.168.7.0/24" };
    const text = inlineOf(composed({ ...device, site, machine: { proxy } }), file);
    return new RegExp(`^${variable}="(.*)"$`, "m").exec(text)?.[1]?.split(",") ?? [];
  };
  const own = [
    "localhost",
    "127.0.0.0/8",
    "::1",
    "10.42.0.0/16",
    "10.43.0.0/16",
    ".svc",
    ".cluster.local",
    "100.64.0.0/16",
    "192.168.7.0/24",
    ".harbor.example",
  ];

  test("reaches its own ranges, the tunnel and the site's network without it", () => {
    const noProxy = noProxyOf("store-01", "/etc/flotilla/proxy.env", "NO_PROXY");
    expect(noProxy).toEqual(own);
    const k3s = "/etc/flotilla/proxy-k3s.env";
    expect(noProxyOf("store-01", k3s, "CONTAINERD_NO_PROXY")).toEqual(own);
  });

  test("K3s reaches the device's own address without it, whatever DHCP says", () => {
    const lan = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "203.0.113.254"];
    const k3s = "/etc/flotilla/proxy-k3s.env";
    expect(noProxyOf("store-01", k3s, "NO_PROXY")).toEqual([...own, ...lan]);
    const { address } = sampleDevice("depot-01");
    expect(noProxyOf("depot-01", k3s, "NO_PROXY")).toEqual([...own, ...lan, address]);
  });
});
