import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { objectMetadata, podLabels, type GatewayProps } from "./object.ts";

/**
 * A gateway is not moved for the sake of tidiness: its devices shake hands anew within two minutes,
 * not at once. An upgrade of the node pool waits for an hour (GKE) and then goes on all the same.
 */
export class GatewayDisruptionBudget extends Construct {
  constructor(scope: Construct, id: string, { gateway }: GatewayProps) {
    super(scope, id);
    new ApiObject(this, "budget", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: objectMetadata(gateway),
      spec: { minAvailable: 1, selector: { matchLabels: podLabels(gateway) } },
    });
  }
}
