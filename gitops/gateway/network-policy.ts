/**
 * Who may talk to a gateway's pod, and whom it may talk to. Answers need no rule. What goes through
 * the tunnel is a matter of the firewall inside the pod (tunnel.ts): from here it is one UDP flow.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import {
  argoNamespace,
  gatewayMetricsPort,
  proxyPort,
  tunnelPort,
} from "../../fleet/model/contract.ts";
import type { Cloud } from "../../fleet/model/fleet.ts";
import { reconnectName } from "./reconnect/reconnect.ts";
import { inNamespaces } from "../kubernetes/network.ts";
import type { TelemetryKeepers } from "../telemetry/telemetry.ts";
import { collectorEgress } from "./collector.ts";
import { objectMetadata, podLabels, type GatewayProps } from "./object.ts";

export interface GatewayNetworkPolicyProps extends GatewayProps {
  /** The hub's own ranges. */
  readonly network: Cloud["network"];
  /** Null: no collector is in the pod. */
  readonly keepers: TelemetryKeepers | null;
}

/** Of the pods of the chart argo-cd that talk to devices. */
const argoPods = ["argocd-application-controller", "argocd-server"];

/** Prometheus, and the agents through which GKE's API server reaches a Service. */
const metricsNamespaces = ["kube-system", "monitoring"];

export class GatewayNetworkPolicy extends Construct {
  constructor(scope: Construct, id: string, props: GatewayNetworkPolicyProps) {
    super(scope, id);
    const { gateway, network, keepers } = props;
    new ApiObject(this, "policy", {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: objectMetadata(gateway),
      spec: {
        podSelector: { matchLabels: podLabels(gateway) },
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          { ports: [{ protocol: "UDP", port: tunnelPort }] },
          {
            ports: [{ protocol: "TCP", port: proxyPort }],
            from: [
              {
                namespaceSelector: inNamespaces([argoNamespace]),
                podSelector: { matchExpressions: [oneOf("app.kubernetes.io/name", argoPods)] },
              },
            ],
          },
          {
            ports: [{ protocol: "TCP", port: gatewayMetricsPort }],
            from: [
              { namespaceSelector: inNamespaces(metricsNamespaces) },
              {
                namespaceSelector: inNamespaces([argoNamespace]),
                podSelector: { matchLabels: { "app.kubernetes.io/name": reconnectName } },
              },
            ],
          },
        ],
        // A device's address and port are its provider's. Nothing of the hub's is among them, nor
        // the server that tells a node its credentials.
        egress: [
          {
            ports: [{ protocol: "UDP" }],
            to: [
              {
                ipBlock: {
                  cidr: "0.0.0.0/0",
                  except: [network.nodes, network.pods, network.services, "169.254.0.0/16"],
                },
              },
            ],
          },
          ...(keepers === null ? [] : collectorEgress(keepers)),
        ],
      },
    });
  }
}

function oneOf(key: string, values: readonly string[]): unknown {
  return { key, operator: "In", values };
}
