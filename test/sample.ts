/**
 * A small fleet made by hand, for tests of one part at a time: no fleet.yaml, no lock, no key file.
 */
import { authorityFiles } from "../fleet/keys/authorities.ts";
import type { GoogleCloud } from "../fleet/model/cloud.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { serverName } from "../fleet/model/names.ts";
import { startingCharts } from "../fleet/lock/pins.ts";
import { addons, parseAddons } from "../gitops/addons/index.ts";
import type { Device, Profile, Site, Snippet } from "../fleet/model/device.ts";
import type { DeviceSecrets, PublicKeys } from "../fleet/model/secrets.ts";
import type { Platform } from "../fleet/model/platform.ts";

const miniPc: Profile = {
  name: "mini-pc",
  architecture: "x86_64",
  kernelArguments: [],
  board: null,
  encryption: null,
};
const raspberry: Profile = {
  name: "raspberry-pi-4",
  architecture: "aarch64",
  kernelArguments: ["console=ttyS0,115200n8"],
  board: "raspberry-pi-4",
  encryption: null,
};
/** With a TPM. */
const lockedPc: Profile = { ...miniPc, name: "locked-pc", encryption: "tpm2" };
const canBus: Snippet = {
  text: `variant: fcos
version: 1.5.0
storage:
  files:
    - path: /etc/modules-load.d/can.conf
      contents: { inline: can_raw }
`,
  file: "fleet.yaml",
  line: 20,
  column: 7,
};
const boston: Site = {
  name: "boston",
  description: "Flagship store",
  timeZone: "America/New_York",
  network: "10.120.1.0/24",
  maintenance: { days: ["Tue", "Wed"], start: "02:00", lengthMinutes: 120 },
  mirror: null,
};

function device(name: string, address: string, rest: Partial<Device> = {}): Device {
  return {
    name,
    generation: 1,
    profile: miniPc,
    site: boston,
    ring: "stable",
    labels: { role: "till" },
    connectivity: "gateway",
    address,
    serverName: serverName("harbor", name, rest.generation ?? 1),
    disk: rest.profile === raspberry ? "/dev/mmcblk0" : "/dev/sda",
    snippets: [],
    ...rest,
  };
}

export const sampleFleet: Fleet & { readonly cloud: GoogleCloud } = {
  name: "harbor",
  domain: "edge.harbor.example",
  repository: {
    url: "https://git.harbor.example/fleet-state.git",
    branch: "main",
    push: "dist/state.git",
  },
  cloud: {
    provider: "google",
    project: "harbor-edge-hub",
    region: "us-east1",
    location: "us-east1",
    network: { nodes: "10.0.0.0/17", pods: "192.168.0.0/18", services: "192.168.64.0/18" },
    nodePool: { machineType: "e2-standard-2", minNodes: 1, maxNodes: 3, spot: false },
    maintenance: { days: ["Tue", "Wed", "Thu"], start: "02:00", lengthMinutes: 240 },
    encryption: null,
    backup: false,
    budget: null,
    deletionProtection: true,
    state: null,
  },
  platform: null,
  argocd: { shards: null, values: {} },
  tunnel: {
    range: "100.64.0.0/16",
    endpoint: { host: "gateway.edge.harbor.example", port: 51820 },
  },
  k3s: null,
  rings: ["canary", "early", "stable"],
  devices: [
    device("depot-01", "203.0.113.7", {
      connectivity: "direct",
      ring: "early",
      profile: lockedPc,
      snippets: [canBus],
    }),
    device("kiosk-01", "100.64.0.2", { profile: raspberry, labels: { role: "kiosk" } }),
    device("store-01", "100.64.0.3", { ring: "canary", generation: 2 }),
  ],
  workloads: [
    {
      name: "point-of-sale",
      selector: { role: "till" },
      versions: new Map([
        ["canary", "6.9.2"],
        ["early", "6.9.1"],
        ["stable", "6.9.1"],
      ]),
    },
    {
      name: "telemetry",
      selector: {},
      versions: new Map([
        ["canary", "1.9.1"],
        ["early", "1.9.1"],
        ["stable", "1.9.0"],
      ]),
    },
  ],
  sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIvZQZ8sPqCJXkLmAYfCnTHVVkTjWwpDHFZ8vRkJwJtd ops"],
  administrators: [],
  hub: { generation: 1 },
  coreos: { outdatedAfterDays: 56 },
  certificates: { notBefore: "2020-01-01", notAfter: "2050-01-01" },
  pins: {
    k3s: {
      version: "v1.36.4+k3s1",
      binary: {
        x86_64: {
          url: "https://github.com/k3s-io/k3s/releases/download/v1.36.4%2Bk3s1/k3s",
          sha256: "835873f37245fc615f547a2fe2af9402a347875f13fa64a1f136de644955ea3f",
        },
        aarch64: {
          url: "https://github.com/k3s-io/k3s/releases/download/v1.36.4%2Bk3s1/k3s-arm64",
          sha256: "c920706346d5ad4e5cd3c7bf1bb09ce71ebe07fec829e513e40f1caf98aed8bb",
        },
      },
    },
    coreos: {
      stream: "stable",
      release: "44.20260621.3.1",
      iso: {
        x86_64: { url: "https://builds.coreos.example/x86_64.iso", sha256: "0".repeat(64) },
        aarch64: { url: "https://builds.coreos.example/aarch64.iso", sha256: "1".repeat(64) },
      },
    },
    charts: startingCharts(addons),
    images: {
      tunnel: "ghcr.io/wg-easy/wg-easy:15.4.0",
      proxy: "docker.io/ubuntu/squid:7.2-26.04_edge",
      metrics: "quay.io/prometheus/node-exporter:v1.12.1",
      node: "docker.io/library/node:24.21.0-alpine",
      agent: "docker.io/fluent/fluent-bit:5.1.1",
      upgrades: "docker.io/rancher/system-upgrade-controller:v0.20.1",
    },
  },
};

/** Keys of no meaning, of the right shape. */
export const samplePublicKeys: PublicKeys = {
  rootCertificate: "-----BEGIN CERTIFICATE-----\nc2FtcGxl\n-----END CERTIFICATE-----\n",
  gateways: new Map([[1, "Z2F0ZXdheWdhdGV3YXlnYXRld2F5Z2F0ZXdheWdhdGU="]]),
  devices: new Map([
    ["kiosk-01", "a2lvc2traW9za2tpb3Nra2lvc2traW9za2tpb3Nra2k="],
    ["store-01", "c3RvcmVzdG9yZXN0b3Jlc3RvcmVzdG9yZXN0b3Jlc3Q="],
  ]),
  hubStatement: null,
};

export const sampleSecrets: DeviceSecrets = {
  wireguardPrivateKey: "cHJpdmF0ZXByaXZhdGVwcml2YXRlcHJpdmF0ZXByaXY=",
  k3sToken: "sample-token-sample-token-sample-token-1234",
  authorities: new Map(authorityFiles.map((name) => [name, `the sample's ${name}\n`])),
  hub: [
    {
      generation: 1,
      authority: "the hub's authority of generation 1\n",
      gatewayKey: "Z2F0ZXdheWdhdGV3YXlnYXRld2F5Z2F0ZXdheWdhdGU=",
    },
    {
      generation: 2,
      authority: "the hub's authority of generation 2\n",
      gatewayKey: "bmV4dG5leHRuZXh0bmV4dG5leHRuZXh0bmV4dG5leHQ=",
    },
  ],
};

/** The hub's runtime with everything on. */
export const samplePlatform: Platform = {
  email: "platform@harbor.example",
  login: { github: { organization: "harbor-shops", administrators: "platform" } },
  hosts: {
    argocd: "argocd.edge.harbor.example",
    grafana: "grafana.edge.harbor.example",
    kibana: "kibana.edge.harbor.example",
    prometheus: "prometheus.edge.harbor.example",
    alertmanager: "alertmanager.edge.harbor.example",
  },
  addons: parseAddons(),
};
