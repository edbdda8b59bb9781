/** How a gateway is reached: by Argo CD and Prometheus inside the hub, by its devices from outside. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import {
  gatewayAddressName,
  gatewayMetricsPort,
  proxyPort,
  tunnelPort,
} from "../../fleet/model/contract.ts";
import { objectMetadata, podLabels, type GatewayProps } from "./object.ts";

export interface GatewayServicesProps extends GatewayProps {
  readonly fleetName: string;
  /** Whether a collector is in the pod. */
  readonly collects: boolean;
}

export class GatewayServices extends Construct {
  constructor(scope: Construct, id: string, props: GatewayServicesProps) {
    super(scope, id);
    const { gateway, fleetName, collects } = props;
    const selector = podLabels(gateway);
    // A collector that starts anew, or does not start, leaves tunnels and proxy as they are.
    const presence = collects ? { publishNotReadyAddresses: true } : {};
    new ApiObject(this, "service", {
      apiVersion: "v1",
      kind: "Service",
      metadata: objectMetadata(gateway),
      spec: {
        type: "ClusterIP",
        ...presence,
        selector,
        ports: [
          { name: "proxy", port: proxyPort, targetPort: "proxy", protocol: "TCP" },
          { name: "metrics", port: gatewayMetricsPort, targetPort: "metrics", protocol: "TCP" },
        ],
      },
    });
    new ApiObject(this, "tunnel", {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        ...objectMetadata(gateway, `${gateway.name}-tunnel`),
        annotations: loadBalancer(fleetName),
      },
      spec: {
        type: "LoadBalancer",
        // Packets go to the gateway's own node and keep the address that they come from.
        externalTrafficPolicy: "Local",
        ...presence,
        selector,
        ports: [
          {
            name: "tunnel",
            port: gateway.endpoint.port,
            targetPort: tunnelPort,
            protocol: "UDP",
          },
        ],
      },
    });
  }
}

/**
 * Google's "LoadBalancer Service parameters": an external passthrough load balancer on a reserved
 * address, which is named and not written out. (`spec.loadBalancerIP` is deprecated since 1.24.)
 */
function loadBalancer(fleetName: string): Record<string, string> {
  return {
    "cloud.google.com/l4-rbs": "enabled",
    "networking.gke.io/load-balancer-ip-addresses": gatewayAddressName(fleetName),
  };
}
