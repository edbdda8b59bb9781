import { Fn, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { kubeconfigVariable } from "../../fleet/model/contract.ts";
import type { ClusterAccess } from "../cloud.ts";

export interface ExistingClusterAccessProps {
  /** The context of the kubeconfig. */
  readonly context: string;
}

/**
 * The cluster of a context in the user's own kubeconfig, which logs in as the user does. Adds a
 * variable to the stack, and no provider. The path stays a variable: Terraform's provider does not
 * read $KUBECONFIG.
 */
export class ExistingClusterAccess extends Construct implements ClusterAccess {
  readonly kubernetes: ClusterAccess["kubernetes"];

  constructor(scope: Construct, id: string, { context }: ExistingClusterAccessProps) {
    super(scope, id);
    const paths = new TerraformVariable(this, kubeconfigVariable, {
      type: "string",
      default: "~/.kube/config",
      description: "Path of the kubeconfig, or several separated by colons, as in $KUBECONFIG",
    });
    paths.overrideLogicalId(kubeconfigVariable);
    this.kubernetes = {
      configPaths: Fn.split(":", paths.stringValue),
      configContext: context,
    };
  }
}
