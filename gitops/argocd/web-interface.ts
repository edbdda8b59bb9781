/** Values of Argo CD's chart for its web interface: sign-on with GitHub, and an Ingress. */
import type { Values } from "../../fleet/model/values.ts";
import { podResources } from "../kubernetes/pods.ts";
import { formatYaml } from "../kubernetes/yaml.ts";

export interface WebInterfaceProps {
  /** The GitHub organization whose members may read. */
  readonly organization: string;
  /** Slug of the organization's team that may do everything. @default nobody */
  readonly administrators?: string | undefined;
  /** @default nothing serves it, or an Ingress of yours */
  readonly ingress?: WebInterfaceIngress | undefined;
}

export interface WebInterfaceIngress {
  readonly ingressClass: string;
  /** The ClusterIssuer of its certificate. */
  readonly clusterIssuer: string;
}

/** The Secret with the keys `clientId` and `clientSecret` of the GitHub application. */
export const argoCdLoginSecret = "argocd-login";

export function webInterfaceValues(props: WebInterfaceProps): Values {
  const { organization, administrators, ingress } = props;
  return {
    configs: {
      cm: { "dex.config": formatYaml({ connectors: [githubConnector(organization)] }) },
      // TLS ends at the ingress, Flotilla's or yours.
      params: { "server.insecure": true },
      rbac: {
        "policy.default": "role:readonly",
        "policy.csv":
          administrators === undefined ? "" : `g, ${organization}:${administrators}, role:admin\n`,
      },
    },
    dex: { enabled: true, resources: podResources("10m", 32, 128) },
    ...(ingress && { server: { ingress: ingressValues(ingress) } }),
  };
}

function ingressValues({ ingressClass, clusterIssuer }: WebInterfaceIngress): Values {
  return {
    enabled: true,
    ingressClassName: ingressClass,
    annotations: {
      "cert-manager.io/cluster-issuer": clusterIssuer,
      // The web interface reads streams of events.
      "nginx.org/proxy-buffering": "false",
    },
    tls: true,
  };
}

function githubConnector(organization: string): Values {
  return {
    type: "github",
    id: "github",
    name: "GitHub",
    config: {
      // Dex looks up values that start with a dollar in the Secret.
      clientID: `$${argoCdLoginSecret}:clientId`,
      clientSecret: `$${argoCdLoginSecret}:clientSecret`,
      orgs: [{ name: organization }],
      teamNameField: "slug",
    },
  };
}
