/**
 * F5 NGINX Ingress Controller: it serves the hub's hosts at the address that the cloud has for them.
 *
 * Values: the chart's values.yaml, values.schema.json and templates at 2.6.4 (controller 5.5.4),
 * read on 2026-11-23. What hosts need of it is in protected-host.ts.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import { ipv4Range } from "../../fleet/grammar/value-schemas.ts";
import type { Values } from "../../fleet/model/values.ts";
import type { Entrance } from "../clouds/cloud.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources, restrictedContainer } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import { ingressAddon, ingressClass, monitoringNamespace } from "./names.ts";

const metricsPort = 9113;

export const nginxIngress = defineAddon({
  name: ingressAddon,
  description: "Ingress of the hub's web interfaces.",
  options: z.strictObject({
    ...commonOptions,
    replicas: z.int().min(1).max(10).default(2).describe("Pods that serve the web interfaces."),
    allowedRanges: z
      .array(ipv4Range)
      .default([])
      .describe("IPv4 ranges of the clients, like 203.0.113.0/24; default: everybody."),
  }),
  chart: { name: "nginx-ingress", repository: "https://helm.nginx.com/stable", version: "2.6.4" },
  create: (scope, { cloud: { ingress } }, props) =>
    new NginxIngress(scope, ingressAddon, { ...props, ...(ingress && { entrance: ingress }) }),
});

export interface NginxIngressProps extends AddonProps {
  /** How its Service is reached from outside. @default by a load balancer at any address */
  readonly entrance?: Entrance;
  /** Number of pods. */
  readonly replicas: number;
  /** IPv4 ranges of the clients in CIDR form; empty: everybody. */
  readonly allowedRanges: readonly string[];
}

export class NginxIngress extends Addon {
  constructor(scope: Construct, id: string, props: NginxIngressProps) {
    super(scope, id, {
      ...props,
      name: ingressAddon,
      namespace: ingressAddon,
      from: [{ ports: [80, 443] }, { namespaces: [monitoringNamespace], ports: [metricsPort] }],
      // The namespaces of the hosts decide whether it may reach their pods.
      to: [anyHttps, { namespaces: "all", ports: [] }],
      clusterKinds: [{ group: "networking.k8s.io", kind: "IngressClass", namespaced: false }],
      wave: 1,
      defaults: defaults(props),
      // It refers to Kubernetes' own types on a web server of GitHub.
      skipSchemaValidation: true,
    });
  }
}

function defaults({ replicas, allowedRanges, entrance }: NginxIngressProps): Values {
  const { type = "LoadBalancer", annotations = {}, loadBalancerIp } = entrance ?? {};
  return {
    controller: {
      kind: "deployment",
      replicaCount: replicas,
      // A ConfigMap holds only strings.
      config: { entries: { http2: "true", "server-tokens": "false" } },
      ingressClass: { name: ingressClass, create: true, setAsDefaultIngress: false },
      service: {
        type,
        annotations,
        ...(loadBalancerIp !== undefined && { loadBalancerIP: loadBalancerIp }),
        externalTrafficPolicy: "Local",
        loadBalancerSourceRanges: allowedRanges,
        // The chart writes `nodePort: null` for its own ports, which is not a valid Service.
        httpPort: { enable: false },
        httpsPort: { enable: false },
        customPorts: [servicePort("http", 80), servicePort("https", 443)],
      },
      resources: podResources("50m", 128, 512),
      ...security,
      podDisruptionBudget: { enabled: replicas > 1, maxUnavailable: 1 },
      // A lost node must not take all pods with it.
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

function servicePort(name: string, port: number): Values {
  return { name, port, targetPort: port, protocol: "TCP" };
}

const restricted = { ...restrictedContainer, runAsNonRoot: true, runAsUser: 101 };

/**
 * The files of the controller's programs have the capability to listen below port 1024: they do not
 * start unless it is in the container's bounding set. They do not gain it, because privilege
 * escalation is off, so a sysctl (which the level `restricted` allows) lets every process listen on
 * those ports.
 */
const security: Values = {
  podSecurityContext: {
    seccompProfile: { type: "RuntimeDefault" },
    sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
  },
  securityContext: {
    ...restricted,
    capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
  },
  initContainerSecurityContext: restricted,
  initContainerResources: podResources("10m", 32, 64),
};
