/** The namespace of all gateways. Another pod in it can connect to nothing. */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { gatewayNamespace } from "../../fleet/model/contract.ts";
import { KubeNetworkPolicy } from "../imports/k8s.ts";
import { Namespace } from "../kubernetes/namespace.ts";

export class GatewayNamespaceChart extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    // A pod that creates a WireGuard interface needs NET_ADMIN, which no lower level allows.
    new Namespace(this, "namespace", { name: gatewayNamespace, podSecurity: "privileged" });
    // Policies add up: each gateway has a policy of its own for what it may do.
    new KubeNetworkPolicy(this, "policy", {
      metadata: { name: "default", namespace: gatewayNamespace },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  }
}
