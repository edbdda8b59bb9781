/** A namespace that says how much its pods may do to their node. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { PodSecurity } from "../../fleet/model/fleet.ts";
import { podSecurityLabel } from "../../fleet/model/contract.ts";

export interface NamespaceProps {
  readonly name: string;
  readonly podSecurity: PodSecurity;
  readonly labels?: Readonly<Record<string, string>>;
}

export class Namespace extends Construct {
  constructor(scope: Construct, id: string, props: NamespaceProps) {
    super(scope, id);
    new ApiObject(this, "namespace", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: props.name,
        labels: { ...props.labels, [podSecurityLabel]: props.podSecurity },
      },
    });
  }
}
