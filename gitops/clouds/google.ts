/**
 * Google Cloud: reserved addresses by their names, and Workload Identity, with which an add-on's pods
 * get rights without a key.
 */
import {
  accountEmail,
  gatewayAddressName,
  gatewayNodeLabel,
  hubName,
  ingressAddressName,
  type AccountUse,
} from "../../fleet/model/contract.ts";
import { googleSecretStore, type Entrance, type HubCloud } from "./cloud.ts";

export function googleHubCloud(fleet: string, { project }: { readonly project: string }): HubCloud {
  return {
    gateway: loadBalancer(gatewayAddressName(fleet)),
    gatewayNodes: {
      nodeSelector: { [gatewayNodeLabel]: "true" },
      tolerations: [
        { key: gatewayNodeLabel, operator: "Equal", value: "true", effect: "NoSchedule" },
      ],
    },
    ingress: loadBalancer(ingressAddressName(fleet)),
    // infra/ creates the account and lets the pods in.
    accountAnnotations: (use: AccountUse) => ({
      "iam.gke.io/gcp-service-account": accountEmail(fleet, project, use),
    }),
    dns01: { cloudDNS: { project, hostedZoneName: hubName(fleet) } },
    dnsValues: {
      provider: { name: "google" },
      extraArgs: { "google-project": project, "google-zone-visibility": "public" },
    },
    secretStore: { name: googleSecretStore, provider: { gcpsm: { projectId: project } } },
    cluster: { secretStore: googleSecretStore },
  };
}

/**
 * Google's "LoadBalancer Service parameters": an external passthrough load balancer on a reserved
 * address, given by its name. (`spec.loadBalancerIP` is deprecated since 1.24.)
 */
function loadBalancer(addressName: string): Entrance {
  return {
    type: "LoadBalancer",
    annotations: {
      "cloud.google.com/l4-rbs": "enabled",
      "networking.gke.io/load-balancer-ip-addresses": addressName,
    },
  };
}
