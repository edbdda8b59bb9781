/**
 * Whom the courier's pod may talk to: the hub's API server, the gateways' proxies, and devices that
 * are reached directly. Nobody may talk to it. Network policies add up, so the gateways' side of it
 * is a policy of its own and is there only where there is a courier.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import {
  argoNamespace,
  devicePort,
  gatewayNamespace,
  proxyPort,
} from "../../fleet/model/contract.ts";
import { NamespaceNetwork } from "../kubernetes/network.ts";
import { secretsNamespace } from "../programs/courier/settings.ts";

export interface CourierNetworkProps {
  /** Of the policies. */
  readonly name: string;
  /** Of the courier's pod, in Argo CD's namespace. */
  readonly podLabels: Readonly<Record<string, string>>;
}

const apiVersion = "networking.k8s.io/v1";
const proxy = { ports: [{ protocol: "TCP", port: proxyPort }] };

export class CourierNetwork extends Construct {
  constructor(scope: Construct, id: string, { name, podLabels }: CourierNetworkProps) {
    super(scope, id);
    new ApiObject(this, "courier", {
      apiVersion,
      kind: "NetworkPolicy",
      metadata: { name, namespace: argoNamespace },
      spec: {
        podSelector: { matchLabels: podLabels },
        policyTypes: ["Ingress", "Egress"],
        egress: [
          { ports: ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 })) },
          // The hub's API server, and devices'.
          { ports: [443, devicePort].map((port) => ({ protocol: "TCP", port })) },
          { ...proxy, to: [{ namespaceSelector: named(gatewayNamespace) }] },
        ],
      },
    });
    new ApiObject(this, "gateways", {
      apiVersion,
      kind: "NetworkPolicy",
      metadata: { name, namespace: gatewayNamespace },
      spec: {
        podSelector: { matchLabels: { "app.kubernetes.io/name": "gateway" } },
        policyTypes: ["Ingress"],
        ingress: [
          {
            ...proxy,
            from: [
              {
                namespaceSelector: named(argoNamespace),
                podSelector: { matchLabels: podLabels },
              },
            ],
          },
        ],
      },
    });
    // No pod is to run there.
    new NamespaceNetwork(this, "secrets", { namespace: secretsNamespace, from: [], to: [] });
  }
}

/** Every namespace carries its own name as this label. */
function named(namespace: string): unknown {
  return { matchLabels: { "kubernetes.io/metadata.name": namespace } };
}
