/** What the objects of one gateway have in common. */
import { gatewayNamespace, managedByFlotilla } from "../../fleet/model/contract.ts";
import type { ObjectMeta } from "../imports/k8s.ts";

/** Labels of a gateway's pod, which also select it. Kubernetes allows no change of a selector. */
export function gatewayPodLabels(gateway: string): Record<string, string> {
  return { "app.kubernetes.io/name": "gateway", "app.kubernetes.io/instance": gateway };
}

/**
 * @param gateway name of the gateway
 * @param name name of the object
 */
export function gatewayMetadata(gateway: string, name = gateway): ObjectMeta {
  return {
    name,
    namespace: gatewayNamespace,
    labels: { ...gatewayPodLabels(gateway), ...managedByFlotilla },
  };
}
