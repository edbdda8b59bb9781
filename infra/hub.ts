import { LocalBackend, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Fleet } from "../fleet/model.ts";
import { clouds } from "./clouds/index.ts";

export interface HubStackProps {
  readonly fleet: Fleet;
}

/** The hub in the cloud: one network and one Kubernetes cluster, in which Argo CD runs. */
export class HubStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: HubStackProps) {
    super(scope, id);
    // Terraform runs in dist/infra/stacks/<id>; the state belongs four levels up, in the project's
    // own folder, where removing dist loses nothing. A relative path is the same on every machine.
    new LocalBackend(this, { path: `../../../../terraform.${id}.tfstate` });
    this.addOverride("terraform.required_version", ">= 1.5.0, < 2.0.0");

    const hub = clouds[props.fleet.cloud.provider](this, props.fleet);
    new TerraformOutput(this, "cluster_name", {
      value: hub.clusterName,
      description: "Name of the hub's Kubernetes cluster",
    });
    new TerraformOutput(this, "location", {
      value: hub.location,
      description: "Where the cluster runs, in the cloud's own words",
    });
    new TerraformOutput(this, "network_name", {
      value: hub.networkName,
      description: "Name of the network that the cluster stands in",
    });
    new TerraformOutput(this, "credentials_command", {
      value: hub.credentialsCommand,
      description: "Command that points kubectl at the cluster",
    });
  }
}
