/**
 * F5 NGINX Ingress Controller: the hub's pages at the reserved address `<fleet>-ingress`.
 *
 * Values: the chart's values.yaml, values.schema.json and templates at 2.6.4 (controller 5.5.4),
 * read on 2026-11-23. What the pages ask of it stands in page.ts.
 */
import { z } from "zod";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { range } from "../../fleet/grammar/value-schemas.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { addon, commonOptions } from "./addon.ts";
import { ingressAddon, ingressClass } from "./names.ts";
import { monitoringNamespace } from "./prometheus.ts";
import { ingressAddressName } from "../../fleet/model/contract.ts";

const metricsPort = 9113;

const schema = z.strictObject({
  ...commonOptions,
  replicas: z.int().min(1).max(10).default(2).describe("Pods that serve the pages."),
  allowedRanges: z
    .array(range)
    .default([])
    .describe("IPv4 ranges that reach the pages, like 203.0.113.0/24; default: everybody."),
});

export const nginxIngress = addon({
  name: ingressAddon,
  description: "Ingress of the hub's pages.",
  namespace: { name: ingressAddon, podSecurity: "restricted" },
  // Whether a pod lets the controller in is up to its own namespace.
  network: () => ({
    from: [{ ports: [80, 443] }, { namespaces: [monitoringNamespace], ports: [metricsPort] }],
    to: [anyHttps, { namespaces: "all", ports: [] }],
  }),
  clusterKinds: [{ group: "networking.k8s.io", kind: "IngressClass", namespaced: false }],
  wave: 1,
  options: schema,
  chart: { name: "nginx-ingress", repository: "https://helm.nginx.com/stable", version: "2.6.4" },
  release: ({ fleet, options }) => ({
    name: ingressAddon,
    values: values(fleet, options),
    // Kubernetes' own types, on a web server of GitHub's.
    hasRemoteSchema: true,
  }),
});

function values(
  { name }: Fleet,
  { replicas, allowedRanges }: z.output<typeof schema>,
): Record<string, unknown> {
  return {
    controller: {
      kind: "deployment",
      replicaCount: replicas,
      // Its ConfigMap takes texts alone.
      config: { entries: { http2: "true", "server-tokens": "false" } },
      ingressClass: { name: ingressClass, create: true, setAsDefaultIngress: false },
      service: {
        type: "LoadBalancer",
        // Google's "LoadBalancer Service parameters": a reserved address by its name.
        annotations: {
          "cloud.google.com/l4-rbs": "enabled",
          "networking.gke.io/load-balancer-ip-addresses": ingressAddressName(name),
        },
        externalTrafficPolicy: "Local",
        loadBalancerSourceRanges: allowedRanges,
        // The chart writes `nodePort: null` to its own ports, which is no valid Service.
        httpPort: { enable: false },
        httpsPort: { enable: false },
        customPorts: [servicePort("http", 80), servicePort("https", 443)],
      },
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
      ...security,
      podDisruptionBudget: { enabled: replicas > 1, maxUnavailable: 1 },
      // One node lost is not every pod lost.
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: { "app.kubernetes.io/name": ingressAddon } },
        },
      ],
      telemetryReporting: { enable: false },
    },
    prometheus: { create: true, port: metricsPort },
  };
}

function servicePort(name: string, port: number): Record<string, unknown> {
  return { name, port, targetPort: port, protocol: "TCP" };
}

/**
 * The controller's programs carry the capability to listen below port 1024 as an attribute of their
 * files: without it in the container's bounding set they do not even start. They don't gain it,
 * because privileges may not grow, so the pod's network lets everybody listen there (a sysctl that
 * the level `restricted` allows).
 */
const security = {
  podSecurityContext: {
    seccompProfile: { type: "RuntimeDefault" },
    sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
  },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 101,
    capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
  },
  initContainerSecurityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 101,
    capabilities: { drop: ["ALL"] },
  },
  initContainerResources: {
    requests: { cpu: "10m", memory: "32Mi" },
    limits: { memory: "64Mi" },
  },
};
