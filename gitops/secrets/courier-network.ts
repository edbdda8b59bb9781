/**
 * What the courier's pod may connect to: the hub's API server, the gateways' proxies, and devices
 * that are reached directly. Nothing may connect to it. Network policies add up, so the gateways have
 * an additional policy where there is a courier.
 */
import { Construct } from "constructs";
import {
  argoNamespace,
  devicePort,
  gatewayNamespace,
  proxyPort,
} from "../../fleet/model/contract.ts";
import { KubeNetworkPolicy } from "../imports/k8s.ts";
import { inNamespace, namePorts, NamespaceNetwork, tcpPorts } from "../kubernetes/network.ts";
import { secretsNamespace } from "../programs/courier/settings.ts";

export interface CourierNetworkProps {
  /** Name of the policies. */
  readonly name: string;
  /** Labels of the courier's pod, in Argo CD's namespace. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Port that the hub's API servers listen on: a policy does not see that of their Service. @default 443 */
  readonly apiServerPort?: number | undefined;
}

export class CourierNetwork extends Construct {
  constructor(scope: Construct, id: string, props: CourierNetworkProps) {
    super(scope, id);
    const { name, podLabels, apiServerPort = 443 } = props;
    const podSelector = { matchLabels: podLabels };
    new KubeNetworkPolicy(this, "courier", {
      metadata: { name, namespace: argoNamespace },
      spec: {
        podSelector,
        policyTypes: ["Ingress", "Egress"],
        egress: [
          { ports: namePorts() },
          // The API servers of the hub and of devices.
          { ports: tcpPorts(...new Set([443, devicePort, apiServerPort])) },
          {
            ports: tcpPorts(proxyPort),
            to: [{ namespaceSelector: inNamespace(gatewayNamespace) }],
          },
        ],
      },
    });
    new KubeNetworkPolicy(this, "gateways", {
      metadata: { name, namespace: gatewayNamespace },
      spec: {
        podSelector: { matchLabels: { "app.kubernetes.io/name": "gateway" } },
        policyTypes: ["Ingress"],
        ingress: [
          {
            ports: tcpPorts(proxyPort),
            from: [{ namespaceSelector: inNamespace(argoNamespace), podSelector }],
          },
        ],
      },
    });
    // No pod runs there.
    new NamespaceNetwork(this, "secrets", { namespace: secretsNamespace, from: [], to: [] });
  }
}
