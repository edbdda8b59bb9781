/** A namespace with its level of the Pod Security Standards. */
import { Construct } from "constructs";
import { z } from "zod";
import { podSecurityLabel } from "../../fleet/model/contract.ts";
import { podSecurityLevels, type PodSecurity } from "../../fleet/model/workload.ts";
import { filledText, requireProps, textsByKey } from "../arguments.ts";
import { KubeNamespace } from "../imports/k8s.ts";

export interface NamespaceProps {
  readonly name: string;
  /** What its pods may do to their node. */
  readonly podSecurity: PodSecurity;
  /** @default only the level of security */
  readonly labels?: Readonly<Record<string, string>>;
}

const schema = z.object({
  name: filledText,
  podSecurity: z.enum(podSecurityLevels),
  labels: textsByKey.optional(),
});

export class Namespace extends Construct {
  constructor(scope: Construct, id: string, props: NamespaceProps) {
    super(scope, id);
    requireProps(this, props, schema);
    new KubeNamespace(this, "namespace", {
      metadata: {
        name: props.name,
        labels: { ...props.labels, [podSecurityLabel]: props.podSecurity },
      },
    });
  }
}
