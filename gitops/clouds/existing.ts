/** Your own cluster: what the fleet file says that it has. */
import type { ClusterEntrance, ExistingCluster } from "../../fleet/model/cloud.ts";
import type { Entrance, HubCloud } from "./cloud.ts";

/** For a store that nobody named: nothing that reads it is installed then. */
const noStore = "none";

export function existingHubCloud(cluster: ExistingCluster): HubCloud {
  const { gateway, ingress, storageClass, dns01, apiServerPort } = cluster;
  const { nodeSelector } = gateway;
  const secretStore = cluster.secretStore ?? noStore;
  return {
    gateway:
      gateway.service === "NodePort"
        ? { type: "NodePort", annotations: gateway.annotations }
        : loadBalancer(gateway),
    gatewayNodes: Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {},
    ...(ingress !== null && { ingress: loadBalancer(ingress) }),
    accountAnnotations: () => ({}),
    ...(dns01 !== null && { dns01 }),
    secretStore: { name: secretStore },
    cluster: {
      secretStore,
      apiServerPort,
      ...(storageClass !== null && { storageClass }),
    },
  };
}

/**
 * The address is requested by an annotation that has it, as the cluster's load balancer reads it; else
 * by `spec.loadBalancerIP`, which most of them read. MetalLB refuses a Service with both.
 */
function loadBalancer({ address, annotations }: ClusterEntrance): Entrance {
  const isRequested = Object.values(annotations).some((value) =>
    value.split(",").includes(address),
  );
  return { type: "LoadBalancer", annotations, ...(!isRequested && { loadBalancerIp: address }) };
}
