import { DataGoogleContainerCluster } from "@cdktf/provider-google/lib/data-google-container-cluster/index.js";
import { Construct } from "constructs";
import { hubName } from "../../fleet/model/contract.ts";
import type { ClusterAccess } from "../cloud.ts";
import { addGoogleProvider } from "./provider.ts";

export interface GoogleClusterAccessProps {
  readonly fleetName: string;
  readonly project: string;
  readonly region: string;
  /** Region or zone of the cluster. */
  readonly location: string;
}

/**
 * The hub's API server at its DNS endpoint, whose certificate is signed by a public authority. Adds
 * the provider `google` to the stack.
 *
 * Google's own plugin logs in, with the credentials that Terraform itself has. The data source
 * `google_client_config` would give a token without the plugin, and would leave it in the state.
 */
export class GoogleClusterAccess extends Construct implements ClusterAccess {
  readonly kubernetes: ClusterAccess["kubernetes"];

  constructor(scope: Construct, id: string, props: GoogleClusterAccessProps) {
    super(scope, id);
    const { fleetName, project, region, location } = props;
    addGoogleProvider(this, { project, region });
    const cluster = new DataGoogleContainerCluster(this, "cluster", {
      name: hubName(fleetName),
      location,
      project,
    });
    const endpoints = cluster.controlPlaneEndpointsConfig.get(0);
    this.kubernetes = {
      host: `https://${endpoints.dnsEndpointConfig.get(0).endpoint}`,
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        command: "gke-gcloud-auth-plugin",
        args: ["--use_application_default_credentials"],
      },
    };
  }
}
