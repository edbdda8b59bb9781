/** The sample fleet on an existing Kubernetes cluster. */
import type { ExistingCluster } from "../fleet/model/cloud.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { sampleFleet } from "./sample.ts";

export const sampleCluster: ExistingCluster = {
  provider: "existing",
  context: "admin@factory",
  network: { nodes: "10.20.0.0/16", pods: "10.244.0.0/16", services: "10.96.0.0/12" },
  apiServerPort: 6443,
  storageClass: "ceph-block",
  gateway: {
    address: "203.0.113.10",
    annotations: {},
    service: "LoadBalancer",
    nodeSelector: {},
  },
  ingress: { address: "203.0.113.11", annotations: {} },
  secretStore: "vault",
  dns01: { cloudflare: { apiTokenSecretRef: { name: "dns", key: "token" } } },
};

export const existingFleet: Fleet = { ...sampleFleet, cloud: sampleCluster };
