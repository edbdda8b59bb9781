/** A namespace that says how much its pods may do to their node. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";

export interface NamespaceProps {
  readonly name: string;
  /** A level of the Kubernetes Pod Security Standards. */
  readonly podSecurity: "restricted" | "baseline" | "privileged";
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
        labels: { ...props.labels, "pod-security.kubernetes.io/enforce": props.podSecurity },
      },
    });
  }
}
