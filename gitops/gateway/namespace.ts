import { Construct } from "constructs";
import { gatewayNamespace } from "../../fleet/gateways.ts";
import { Namespace } from "../namespace.ts";

/** The namespace of every gateway. */
export class GatewayNamespace extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    // A pod that makes a WireGuard interface needs NET_ADMIN, which no lower level allows.
    new Namespace(this, "namespace", { name: gatewayNamespace, podSecurity: "privileged" });
  }
}
