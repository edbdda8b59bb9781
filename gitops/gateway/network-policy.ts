/**
 * Who may connect to a gateway's pod, and what it may connect to. Replies need no rule. The policy
 * does not see what is inside the tunnel, which is one UDP flow: the pod has a firewall for that
 * (gitops/programs/tunnel/).
 */
import { Construct } from "constructs";
import {
  argoController,
  argoNamespace,
  gatewayMetricsPort,
  proxyPort,
  systemNamespace,
  tunnelPort,
} from "../../fleet/model/contract.ts";
import { linkLocalRange } from "../../fleet/model/addresses.ts";
import { KubeNetworkPolicy } from "../imports/k8s.ts";
import { inNamespaces, tcpPorts, udpPort } from "../kubernetes/network.ts";
import { collectorEgress, type CollectorTargets } from "./collector.ts";
import { gatewayMetadata, gatewayPodLabels } from "./metadata.ts";
import { reconnectName } from "./reconnect.ts";

/** The hub's own IPv4 ranges, in CIDR form. */
export interface HubRanges {
  readonly nodes: string;
  readonly pods: string;
  readonly services: string;
}

export interface GatewayNetworkPolicyProps {
  /** Name of the gateway. */
  readonly name: string;
  readonly hubRanges: HubRanges;
  /** @default the pod has no collector */
  readonly collector?: CollectorTargets | undefined;
}

/** Pods of the chart argo-cd that connect to devices. */
const argoPods = [argoController, "argocd-server"];

/** Prometheus, and the agents through which GKE's API server reaches a Service. */
const metricsNamespaces = [systemNamespace, "monitoring"];

export class GatewayNetworkPolicy extends Construct {
  constructor(scope: Construct, id: string, props: GatewayNetworkPolicyProps) {
    super(scope, id);
    const { name, hubRanges, collector } = props;
    const inArgoNamespace = { namespaceSelector: inNamespaces([argoNamespace]) };
    new KubeNetworkPolicy(this, "policy", {
      metadata: gatewayMetadata(name),
      spec: {
        podSelector: { matchLabels: gatewayPodLabels(name) },
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          { ports: [udpPort(tunnelPort)] },
          {
            ports: tcpPorts(proxyPort),
            from: [
              {
                ...inArgoNamespace,
                podSelector: {
                  matchExpressions: [
                    { key: "app.kubernetes.io/name", operator: "In", values: argoPods },
                  ],
                },
              },
            ],
          },
          {
            ports: tcpPorts(gatewayMetricsPort),
            from: [
              { namespaceSelector: inNamespaces(metricsNamespaces) },
              {
                ...inArgoNamespace,
                podSelector: { matchLabels: { "app.kubernetes.io/name": reconnectName } },
              },
            ],
          },
        ],
        egress: [
          {
            // A device's public address and port are its provider's, so any is possible, except the
            // hub's own addresses and the server that gives a node its credentials.
            ports: [{ protocol: "UDP" }],
            to: [
              {
                ipBlock: {
                  cidr: "0.0.0.0/0",
                  except: [hubRanges.nodes, hubRanges.pods, hubRanges.services, linkLocalRange],
                },
              },
            ],
          },
          ...(collector === undefined ? [] : collectorEgress(collector)),
        ],
      },
    });
  }
}
