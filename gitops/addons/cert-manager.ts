/**
 * cert-manager: it renews the certificate by which Argo CD proves itself to the devices.
 *
 * Values: the chart's values.yaml at v1.21.1, read on 2026-11-22.
 */
import { z } from "zod";
import { anyHttps } from "../network.ts";
import { addon, commonOptions } from "./addon.ts";

export const certManagerNamespace = "cert-manager";

export const certManager = addon({
  name: "cert-manager",
  description: "Certificates: the hub's identity towards the devices.",
  core: true,
  namespace: { name: certManagerNamespace, podSecurity: "restricted" },
  // Webhook, and metrics.
  network: () => ({ from: [{ ports: [10250, 9402] }], to: [anyHttps] }),
  wave: 0,
  schema: z.strictObject(commonOptions),
  release: () => ({ name: "cert-manager", chart: "cert-manager", values }),
});

const values = {
  crds: { enabled: true },
  // The chart's default is kube-system, where an add-on has no business.
  global: { leaderElection: { namespace: certManagerNamespace } },
  // Its check runs as a hook of Helm after each sync, and says nothing that the health does not.
  startupapicheck: { enabled: false },
  resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  webhook: {
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
  },
  cainjector: {
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  },
};
