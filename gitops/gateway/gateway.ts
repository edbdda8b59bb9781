/**
 * A gateway between the hub and its devices: a pod with their WireGuard tunnels, and a proxy through
 * which Argo CD reaches them. Its private key is in the Secret that bootstrap creates, the list of
 * its peers in a chart of its own (peers.ts).
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import type { HubCloud } from "../clouds/cloud.ts";
import type { CollectorTargets } from "./collector.ts";
import { GatewayDeployment, type GatewayImages } from "./deployment.ts";
import { GatewayDisruptionBudget } from "./disruption-budget.ts";
import { GatewayNetworkPolicy, type HubRanges } from "./network-policy.ts";
import { GatewayServices } from "./services.ts";
import { GatewaySettings } from "./settings.ts";

export interface GatewayChartProps {
  /** Also the name of its objects, and of its key in the Secret. */
  readonly name: string;
  /** Its own IPv4 address in the tunnel. */
  readonly address: string;
  /** Addresses of its devices and itself, in CIDR form. */
  readonly range: string;
  /** The public UDP port that devices dial. */
  readonly port: number;
  /** Further ones. @default none */
  readonly furtherPorts?: readonly number[];
  /** Whether a device dials it at an IPv6 address. @default false */
  readonly hasIpv6?: boolean;
  /** How devices reach it. */
  readonly entrance: HubCloud["gateway"];
  /** Where it runs. */
  readonly nodes: HubCloud["gatewayNodes"];
  readonly hubRanges: HubRanges;
  /** Which of the hub's keys it has. */
  readonly hubGeneration: number;
  readonly images: GatewayImages;
  /** Where the devices' logs and metrics go. @default devices cannot send any */
  readonly collector?: CollectorTargets | undefined;
}

export class GatewayChart extends Chart {
  constructor(scope: Construct, id: string, props: GatewayChartProps) {
    super(scope, id);
    const { name, address, range, port, entrance, nodes, hubRanges, images, collector } = props;
    const { hubGeneration, furtherPorts = [], hasIpv6 = false } = props;
    const ports = [port, ...furtherPorts];
    const hasCollector = collector !== undefined;
    const settings = new GatewaySettings(this, "settings", {
      name,
      devicesRange: range,
      podsRange: hubRanges.pods,
      hasCollector,
    });
    new GatewayDeployment(this, "deployment", {
      name,
      address,
      range,
      hubGeneration,
      nodes,
      images,
      settingsDigest: settings.digest,
      collector,
    });
    new GatewayServices(this, "services", { name, ports, hasIpv6, entrance, hasCollector });
    new GatewayNetworkPolicy(this, "network-policy", { name, hubRanges, collector });
    new GatewayDisruptionBudget(this, "disruption-budget", { name });
  }
}
