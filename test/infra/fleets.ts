/** Fleets whose hubs differ from each other. */
import { join } from "node:path";
import { loadFleet } from "../../fleet/resolve/load.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { sampleFleet, samplePlatform } from "../sample.ts";
import type { GoogleCloud } from "../../fleet/model/cloud.ts";

function withCloud(cloud: Partial<GoogleCloud>): Fleet {
  return { ...sampleFleet, cloud: { ...sampleFleet.cloud, ...cloud } };
}

/** One that uses everything. */
export const fullFleet: Fleet = {
  ...withCloud({
    encryption: "kms",
    backup: true,
    budget: { billingAccount: "012345-6789AB-CDEF01", monthlyAmount: 300 },
  }),
  platform: samplePlatform,
};

/** One whose state repository is on GitHub. */
export const githubFleet: Fleet = {
  ...sampleFleet,
  repository: {
    ...sampleFleet.repository,
    url: "git@github.com:harbor/fleet-state.git",
    github: { deployKey: "ssh-ed25519 AAAA argocd" },
  },
};

export const hubFleets: Readonly<Record<string, Fleet>> = {
  "the example": loadFleet(join(import.meta.dirname, "..", "..", "fleet.yaml")).fleet,
  everything: fullFleet,
  "one zone, spot nodes": withCloud({
    location: "us-east1-b",
    nodePool: { machineType: null, minNodes: 1, maxNodes: 2, spot: true },
  }),
  "other ranges, another continent": withCloud({
    region: "europe-west1",
    location: "europe-west1",
    network: { nodes: "172.20.0.0/24", pods: "172.21.0.0/18", services: "172.22.0.0/24" },
  }),
  "no protection": withCloud({ deletionProtection: false }),
  "shortest and longest names, a gateway in another zone": {
    ...withCloud({ project: "abcdefghijklmnopqrstuvwxyz-012" }),
    name: "abcdefghijklmnopqr-0",
    domain: `${"a".repeat(63)}.${"b".repeat(63)}.example`,
    tunnel: { ...sampleFleet.tunnel, endpoint: { host: "203.0.113.1", port: 51820 } },
    devices: [],
  },
};
