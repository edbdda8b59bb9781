/**
 * The versions that a new fleet starts with. They are copied into its lock once, and from then on
 * the lock decides: a newer Flotilla changes nothing in a fleet that runs.
 */
import type { Pins } from "../model/fleet.ts";

const k3sRelease = "https://github.com/k3s-io/k3s/releases/download/v1.36.4%2Bk3s1";
const coreosBuild =
  "https://builds.coreos.fedoraproject.org/prod/streams/stable/builds/44.20260707.3.1";

export const startingPins: Pins = {
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
  charts: {
    // Argo CD 3.4.4.
    "argo-cd": { repository: "https://argoproj.github.io/argo-helm", version: "10.1.1" },
    "cert-manager": { repository: "https://charts.jetstack.io", version: "v1.21.1" },
    "eck-operator": { repository: "https://helm.elastic.co", version: "3.5.0" },
    "external-dns": {
      repository: "https://kubernetes-sigs.github.io/external-dns",
      version: "1.21.1",
    },
    "external-secrets": { repository: "https://charts.external-secrets.io", version: "2.9.0" },
    "fluent-bit": { repository: "https://fluent.github.io/helm-charts", version: "0.58.1" },
    "kube-prometheus-stack": {
      repository: "https://prometheus-community.github.io/helm-charts",
      version: "88.5.3",
    },
    "nginx-ingress": { repository: "https://helm.nginx.com/stable", version: "2.6.4" },
    "oauth2-proxy": { repository: "https://oauth2-proxy.github.io/manifests", version: "10.7.0" },
  },
  // By tag: no public source that we read states their digests. Their recipes were read on
  // 2026-11-22; what was found there stands in gitops/gateway/deployment.ts.
  images: {
    tunnel: "ghcr.io/wg-easy/wg-easy:15.4.0",
    proxy: "docker.io/ubuntu/squid:7.2-26.04_edge",
    metrics: "quay.io/prometheus/node-exporter:v1.12.1",
    node: "docker.io/library/node:24.21.0-alpine",
    agent: "docker.io/fluent/fluent-bit:5.1.1",
    upgrades: "docker.io/rancher/system-upgrade-controller:v0.20.1",
  },
};
