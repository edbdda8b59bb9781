/** What the objects of one gateway have in common. */
import { type Gateway } from "../../fleet/rules/gateways.ts";
import { gatewayNamespace, managedByFlotilla } from "../../fleet/model/contract.ts";

export interface GatewayProps {
  readonly gateway: Gateway;
}

/** Of a gateway's pod, and what selects it: nobody may change a selector once it exists. */
export function podLabels(gateway: Gateway): Record<string, string> {
  return { "app.kubernetes.io/name": "gateway", "app.kubernetes.io/instance": gateway.name };
}

/** @param name the gateway's own, where an object has no other */
export function objectMetadata(gateway: Gateway, name = gateway.name): Record<string, unknown> {
  return {
    name,
    namespace: gatewayNamespace,
    labels: { ...podLabels(gateway), ...managedByFlotilla },
  };
}
