/**
 * A gateway between the hub and its devices: a pod that holds their WireGuard tunnels, and a proxy
 * through which Argo CD reaches them. Its private key is in the Secret that bootstrap places.
 */
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { telemetryKeepers } from "../telemetry/telemetry.ts";
import { GatewayDeployment } from "./deployment.ts";
import { GatewayDisruptionBudget } from "./disruption-budget.ts";
import { GatewayNetworkPolicy } from "./network-policy.ts";
import type { GatewayProps } from "./object.ts";
import { GatewayServices } from "./services.ts";
import { Settings } from "./settings.ts";

export interface HubGatewayProps extends GatewayProps {
  readonly fleet: Fleet;
}

/** Everything of one gateway but the list of its peers. */
export class HubGateway extends Construct {
  constructor(scope: Construct, id: string, props: HubGatewayProps) {
    super(scope, id);
    const { gateway, fleet } = props;
    const { network } = fleet.cloud;
    const keepers = telemetryKeepers(fleet);
    const settings = new Settings(this, "settings", {
      gateway,
      podsRange: network.pods,
      collects: keepers !== null,
    });
    new GatewayDeployment(this, "deployment", {
      gateway,
      images: fleet.pins.images,
      settingsDigest: settings.digest,
      keepers,
    });
    new GatewayServices(this, "services", {
      gateway,
      fleetName: fleet.name,
      collects: keepers !== null,
    });
    new GatewayNetworkPolicy(this, "network-policy", { gateway, network, keepers });
    new GatewayDisruptionBudget(this, "disruption-budget", { gateway });
  }
}
