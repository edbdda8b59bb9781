import { Construct } from "constructs";
import { IntOrString, KubePodDisruptionBudget } from "../imports/k8s.ts";
import { gatewayMetadata, gatewayPodLabels } from "./metadata.ts";

export interface GatewayDisruptionBudgetProps {
  /** Name of the gateway. */
  readonly name: string;
}

/**
 * Nothing evicts a gateway's pod only to use nodes better: its devices need up to two minutes for a
 * new handshake. An upgrade of the node pool waits for an hour (GKE) and then evicts it.
 */
export class GatewayDisruptionBudget extends Construct {
  constructor(scope: Construct, id: string, { name }: GatewayDisruptionBudgetProps) {
    super(scope, id);
    new KubePodDisruptionBudget(this, "budget", {
      metadata: gatewayMetadata(name),
      spec: {
        minAvailable: IntOrString.fromNumber(1),
        selector: { matchLabels: gatewayPodLabels(name) },
      },
    });
  }
}
