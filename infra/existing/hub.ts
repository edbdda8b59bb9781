import type { ExistingCluster } from "../../fleet/model/cloud.ts";
import type { CloudHub } from "../cloud.ts";

/** A cluster that is there already: no resource, and what the fleet file says of it. */
export function existingHub({ context, gateway, ingress }: ExistingCluster): CloudHub {
  return {
    clusterName: context,
    credentialsCommand: `kubectl config use-context ${context}`,
    gatewayAddress: gateway.address,
    ...(ingress !== null && { ingressAddress: ingress.address }),
  };
}
