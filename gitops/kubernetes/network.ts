/**
 * The network of a namespace: what is not named here is refused in both directions. Pods of one
 * namespace may talk to each other, and all may ask for names.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";

export interface Peer {
  /** Namespaces of the other side, or all of them; undefined: outside of the cluster too. */
  readonly namespaces?: readonly string[] | "all";
  /** TCP ports as the pods have them (not as a Service has them); empty: every one. */
  readonly ports: readonly number[];
}

export interface NetworkProps {
  readonly namespace: string;
  /** Who may reach the pods. The API server (webhooks) counts as anywhere. */
  readonly from: readonly Peer[];
  /** Whom the pods may reach; the API server and Google's APIs are anywhere, on port 443. */
  readonly to: readonly Peer[];
}

/** The API server, and anything else that speaks HTTPS. */
export const anyHttps: Peer = { ports: [443] };

/**
 * Where Workload Identity gives a pod its token: GKE's metadata server, whose address is not a
 * pod's (GKE, "Network policy and Workload Identity Federation for GKE").
 */
const metadataServer = {
  to: [{ ipBlock: { cidr: "169.254.169.254/32" } }, { ipBlock: { cidr: "169.254.169.252/32" } }],
  ports: [80, 988, 987].map((port) => ({ protocol: "TCP", port })),
};

const names = {
  ports: ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 })),
};

export class NamespaceNetwork extends Construct {
  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { namespace, from, to } = props;
    new ApiObject(this, "policy", {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "default", namespace },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [{ podSelector: {} }] }, ...from.map((peer) => rule(peer, "from"))],
        egress: [
          { to: [{ podSelector: {} }] },
          names,
          metadataServer,
          ...to.map((peer) => rule(peer, "to")),
        ],
      },
    });
  }
}

function rule({ namespaces, ports }: Peer, side: "from" | "to"): Record<string, unknown> {
  return {
    ...(namespaces !== undefined && { [side]: [{ namespaceSelector: inNamespaces(namespaces) }] }),
    ...(ports.length > 0 && { ports: ports.map((port) => ({ protocol: "TCP", port })) }),
  };
}

/** Every namespace carries its own name as this label. */
export function inNamespaces(namespaces: readonly string[] | "all"): unknown {
  if (namespaces === "all") return {};
  const expression = {
    key: "kubernetes.io/metadata.name",
    operator: "In",
    values: [...namespaces],
  };
  return { matchExpressions: [expression] };
}
