import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { gatewayNamespace } from "../../fleet/model/contract.ts";
import { Namespace } from "../kubernetes/namespace.ts";

/** The namespace of every gateway; whatever else gets into it talks to nobody. */
export class GatewayNamespace extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    // A pod that makes a WireGuard interface needs NET_ADMIN, which no lower level allows.
    new Namespace(this, "namespace", { name: gatewayNamespace, podSecurity: "privileged" });
    // Policies add up: what a gateway may do stands in its own.
    new ApiObject(this, "policy", {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "default", namespace: gatewayNamespace },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  }
}
