import { GoogleProvider } from "@cdktf/provider-google/lib/provider/index.js";
import type { TerraformStack } from "cdktf";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { PlainDataSource } from "../plain.ts";
import type { ClusterAccess } from "../clouds.ts";
import { hubName } from "../../fleet/model/contract.ts";

/**
 * The hub's API server at its DNS endpoint, whose certificate every computer trusts.
 *
 * Google's own plugin logs in, with the credentials that Terraform itself has. The data source
 * `google_client_config` would give a token without the plugin, and would leave it in the state.
 */
export function googleAccess(stack: TerraformStack, fleet: Fleet): ClusterAccess {
  const { project, region, location } = fleet.cloud;
  new GoogleProvider(stack, "google", { project, region });
  const cluster = new PlainDataSource(stack, "cluster", {
    type: "google_container_cluster",
    arguments: { name: hubName(fleet.name), location, project },
  });
  const endpoint = "control_plane_endpoints_config[0].dns_endpoint_config[0].endpoint";
  return {
    host: `https://\${${cluster.fqn}.${endpoint}}`,
    login: {
      api_version: "client.authentication.k8s.io/v1beta1",
      command: "gke-gcloud-auth-plugin",
      args: ["--use_application_default_credentials"],
    },
  };
}
