/** How a gateway is reached: by Argo CD and Prometheus inside the hub, by its devices from outside. */
import { Construct } from "constructs";
import { gatewayMetricsPort, proxyPort, tunnelPort } from "../../fleet/model/contract.ts";
import type { Entrance } from "../clouds/cloud.ts";
import { IntOrString, KubeService } from "../imports/k8s.ts";
import { gatewayMetadata, gatewayPodLabels } from "./metadata.ts";

export interface GatewayServicesProps {
  /** Name of the gateway. */
  readonly name: string;
  /** The public UDP ports of its tunnel; all of them lead to the same one in the pod. */
  readonly ports: readonly number[];
  /** Whether devices dial an IPv6 address, which a cluster with both families then gives it. */
  readonly hasIpv6: boolean;
  /** How devices reach it. */
  readonly entrance: Entrance;
  /** Whether a collector is in the pod. */
  readonly hasCollector: boolean;
}

export class GatewayServices extends Construct {
  constructor(scope: Construct, id: string, props: GatewayServicesProps) {
    super(scope, id);
    const { name, ports, hasIpv6, entrance, hasCollector } = props;
    const { type, annotations, loadBalancerIp } = entrance;
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
        annotations,
      },
      spec: {
        type,
        ...(loadBalancerIp !== undefined && { loadBalancerIp }),
        // Packets go to the gateway's own node and keep their source address.
        externalTrafficPolicy: "Local",
        ...(hasIpv6 && { ipFamilyPolicy: "PreferDualStack" }),
        ...readiness,
        selector,
        ports: ports.map((port, index) => ({
          name: index === 0 ? "tunnel" : `tunnel-${port}`,
          port,
          targetPort: IntOrString.fromNumber(tunnelPort),
          ...(type === "NodePort" && { nodePort: port }),
          protocol: "UDP",
        })),
      },
    });
  }
}
