import type { ExistingCluster } from "../../fleet/model/cloud.ts";
import type { CloudHub } from "../cloud.ts";

/** An existing cluster: no resource, and what the fleet file says about it. */
export function existingHub({ context, gateway, ingress }: ExistingCluster): CloudHub {
  return {
    clusterName: context,
    credentialsCommand: `kubectl config use-context ${context}`,
    gatewayAddress: gateway.address,
    ...(ingress !== null && { ingressAddress: ingress.address }),
  };
}
