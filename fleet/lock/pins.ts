/**
 * The versions that a new fleet starts with. They are copied into its lock once, and from then on
 * the lock decides: a newer Flotilla changes nothing in a running fleet. The charts of add-ons are
 * pinned beside each add-on.
 */
import type { AddonDeclaration } from "../model/addons.ts";
import type { ChartPin, ChartPins, Pins } from "../model/pins.ts";

const k3sRelease = "https://github.com/k3s-io/k3s/releases/download/v1.36.4%2Bk3s1";
const coreosBuild =
  "https://builds.coreos.fedoraproject.org/prod/streams/stable/builds/44.20260707.3.1";

export const startingPins = {
  // Hashes: the release's own sha256sum-amd64.txt and sha256sum-arm64.txt.
  k3s: {
    version: "v1.36.4+k3s1",
    binary: {
      x86_64: {
        url: `${k3sRelease}/k3s`,
        sha256: "835873f37245fc615f547a2fe2af9402a347875f13fa64a1f136de644955ea3f",
      },
      aarch64: {
        url: `${k3sRelease}/k3s-arm64`,
        sha256: "c920706346d5ad4e5cd3c7bf1bb09ce71ebe07fec829e513e40f1caf98aed8bb",
      },
    },
  },
  // Hashes: the stream metadata of 2026-07-21.
  coreos: {
    stream: "stable",
    release: "44.20260707.3.1",
    iso: {
      x86_64: {
        url: `${coreosBuild}/x86_64/fedora-coreos-44.20260707.3.1-live-iso.x86_64.iso`,
        sha256: "8ffd0d0fc218eae95c578ec12839fe598d60f96de85fab63d424ad021ed1a62f",
      },
      aarch64: {
        url: `${coreosBuild}/aarch64/fedora-coreos-44.20260707.3.1-live-iso.aarch64.iso`,
        sha256: "1fce8a43bddccd7f156966bf9bdb7dd0c487c56acfc593e7c22d8d1eb382d80d",
      },
    },
  },
  // Their recipes were read on 2026-11-22: see gitops/gateway/deployment.ts. A digest is here where
  // several public repositories pin the tag by it (read on 2026-11-28, not from a registry: some
  // repositories have another digest of the same tag). Those of proxy, agent and upgrades are not
  // known so, nor those of the charts; `flotilla pin` adds them, and refreshes all.
  images: {
    tunnel:
      "ghcr.io/wg-easy/wg-easy:15.4.0@sha256:0e7bc9d34e86ddcaa92bc700d4d7dc9b33291dbc07ac8d13382f7c2095f949ec",
    proxy: "docker.io/ubuntu/squid:7.2-26.04_edge",
    metrics:
      "quay.io/prometheus/node-exporter:v1.12.1@sha256:1b4e4438faca4dd7e001dd445d161a4a2091b0fededa84093b3a8dfeae1f1be0",
    node: "docker.io/library/node:24.21.0-alpine@sha256:ebfe2f90462722a7a4de65e91990e97fe0d401c70e0e762c5b53302f905ec1c1",
    agent: "docker.io/fluent/fluent-bit:5.1.1",
    upgrades: "docker.io/rancher/system-upgrade-controller:v0.20.1",
  },
} as const satisfies Omit<Pins, "charts">;

/** Argo CD 3.4.4. */
const argoCdChart: ChartPin = {
  repository: "https://argoproj.github.io/argo-helm",
  version: "10.1.1",
};

/** Argo CD's chart and those of the add-ons, sorted by name. */
export function startingCharts(addons: readonly AddonDeclaration[]): ChartPins {
  const charts: Record<string, ChartPin> = {};
  for (const { name, chart } of addons) {
    const { name: chartName, repository, version } = chart;
    const known = charts[chartName] ?? { repository, version };
    if (known.repository !== repository || known.version !== version) {
      throw new Error(`the add-on ${name} and another one pin different charts ${chartName}`);
    }
    charts[chartName] = known;
  }
  return sortedCharts({ ...charts, "argo-cd": argoCdChart });
}

export function sortedCharts(charts: ChartPins): ChartPins {
  const sorted = Object.entries(charts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted) as unknown as ChartPins;
}
