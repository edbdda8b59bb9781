/** How a gateway is reached: by Argo CD and Prometheus inside the hub, by its devices from outside. */
import { Construct } from "constructs";
import { gatewayMetricsPort, proxyPort, tunnelPort } from "../../fleet/model/contract.ts";
import { IntOrString, KubeService } from "../imports/k8s.ts";
import { gatewayMetadata, gatewayPodLabels } from "./metadata.ts";

export interface GatewayServicesProps {
  /** Name of the gateway. */
  readonly name: string;
  /** The public UDP port of its tunnel. */
  readonly port: number;
  /** Name of the reserved address in Google Cloud. */
  readonly addressName: string;
  /** Whether a collector is in the pod. */
  readonly hasCollector: boolean;
}

export class GatewayServices extends Construct {
  constructor(scope: Construct, id: string, props: GatewayServicesProps) {
    super(scope, id);
    const { name, port, addressName, hasCollector } = props;
    const selector = gatewayPodLabels(name);
    // A collector that does not start must not take tunnels and proxy out of service.
    const readiness = hasCollector ? { publishNotReadyAddresses: true } : {};
    new KubeService(this, "service", {
      metadata: gatewayMetadata(name),
      spec: {
        type: "ClusterIP",
        ...readiness,
        selector,
        ports: [
          {
            name: "proxy",
            port: proxyPort,
            targetPort: IntOrString.fromString("proxy"),
            protocol: "TCP",
          },
          {
            name: "metrics",
            port: gatewayMetricsPort,
            targetPort: IntOrString.fromString("metrics"),
            protocol: "TCP",
          },
        ],
      },
    });
    new KubeService(this, "tunnel", {
      metadata: {
        ...gatewayMetadata(name, `${name}-tunnel`),
        annotations: loadBalancer(addressName),
      },
      spec: {
        type: "LoadBalancer",
        // Packets go to the gateway's own node and keep their source address.
        externalTrafficPolicy: "Local",
        ...readiness,
        selector,
        ports: [
          {
            name: "tunnel",
            port,
            targetPort: IntOrString.fromNumber(tunnelPort),
            protocol: "UDP",
          },
        ],
      },
    });
  }
}

/**
 * Google's "LoadBalancer Service parameters": an external passthrough load balancer on a reserved
 * address, given by its name. (`spec.loadBalancerIP` is deprecated since 1.24.)
 */
function loadBalancer(addressName: string): Record<string, string> {
  return {
    "cloud.google.com/l4-rbs": "enabled",
    "networking.gke.io/load-balancer-ip-addresses": addressName,
  };
}
