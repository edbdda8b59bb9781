/** Network policies: that of a whole namespace, and the parts that all policies are made of. */
import { Construct } from "constructs";
import { z } from "zod";
import { show } from "../../fleet/grammar/check.ts";
import { filledText, portNumber, requireArgument, requireProps } from "../arguments.ts";
import {
  IntOrString,
  KubeNetworkPolicy,
  type LabelSelector,
  type NetworkPolicyEgressRule,
  type NetworkPolicyIngressRule,
  type NetworkPolicyPort,
} from "../imports/k8s.ts";

export interface Peer {
  /** Namespaces of the other side, or all of them. @default anywhere, also outside the cluster */
  readonly namespaces?: readonly string[] | "all";
  /** TCP ports of the pods (not of a Service); empty: every port. */
  readonly ports: readonly number[];
}

export interface NetworkProps {
  readonly namespace: string;
  /** Who may reach the pods. The API server (webhooks) counts as anywhere. */
  readonly from: readonly Peer[];
  /** What the pods may reach; the API server and Google's APIs are anywhere, on port 443. */
  readonly to: readonly Peer[];
  /** Port that the API servers listen on, which `anyHttps` opens too. @default 443 */
  readonly apiServerPort?: number;
}

/** The API server, and anything else that speaks HTTPS. */
export const anyHttps: Peer = { ports: [443] };

const names = z.array(filledText);
const allOrNames = z.custom<readonly string[] | "all">(
  (value) => value === "all" || names.safeParse(value).success,
  { error: ({ input }) => `found ${show(input)}. Write a list of namespaces, or "all".` },
);

/** The schema of `from` and `to`. */
export const peers = z.array(
  z.object({ namespaces: allOrNames.optional(), ports: z.array(portNumber) }),
);

const schema = z.object({
  namespace: filledText,
  from: peers,
  to: peers,
  apiServerPort: portNumber.optional(),
});

/**
 * The default policy of a namespace: it refuses, in both directions, all traffic that the props do
 * not name. Pods of the namespace may talk to each other, and all may resolve names.
 */
export class NamespaceNetwork extends Construct {
  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const { namespace, from, apiServerPort = 443 } = props;
    const to = props.to.map((peer) => (peer === anyHttps ? withPort(peer, apiServerPort) : peer));
    new KubeNetworkPolicy(this, "policy", {
      metadata: { name: "default", namespace },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          { from: [{ podSelector: {} }] },
          ...from.map(({ namespaces, ports }): NetworkPolicyIngressRule => ({
            ...(namespaces !== undefined && {
              from: [{ namespaceSelector: inNamespaces(namespaces) }],
            }),
            ...(ports.length > 0 && { ports: tcpPorts(...ports) }),
          })),
        ],
        egress: [
          { to: [{ podSelector: {} }] },
          { ports: namePorts() },
          metadataServer(),
          ...to.map(({ namespaces, ports }): NetworkPolicyEgressRule => ({
            ...(namespaces !== undefined && {
              to: [{ namespaceSelector: inNamespaces(namespaces) }],
            }),
            ...(ports.length > 0 && { ports: tcpPorts(...ports) }),
          })),
        ],
      },
    });
  }
}

/** A policy sees the port of the pod, or of the API server itself, and not that of the Service. */
function withPort({ ports, ...peer }: Peer, added: number): Peer {
  return { ...peer, ports: ports.includes(added) ? ports : [...ports, added] };
}

/**
 * Where Workload Identity gives a pod its token: GKE's metadata server, whose address is not a
 * pod's (GKE, "Network policy and Workload Identity Federation for GKE").
 */
function metadataServer(): NetworkPolicyEgressRule {
  return {
    to: [{ ipBlock: { cidr: "169.254.169.254/32" } }, { ipBlock: { cidr: "169.254.169.252/32" } }],
    ports: tcpPorts(80, 988, 987),
  };
}

const portNumbers = z.array(portNumber);

/** TCP ports of a rule, in the given order. */
export function tcpPorts(...numbers: readonly number[]): NetworkPolicyPort[] {
  requireArgument("tcpPorts", "numbers", { what: "numbers", schema: portNumbers }, numbers);
  return numbers.map((number) => port("TCP", number));
}

/** A UDP port of a rule. */
export function udpPort(number: number): NetworkPolicyPort {
  requireArgument("udpPort", "number", { what: "number", schema: portNumber }, number);
  return port("UDP", number);
}

/** The ports of a name server. */
export function namePorts(): NetworkPolicyPort[] {
  return [port("UDP", 53), port("TCP", 53)];
}

function port(protocol: "TCP" | "UDP", number: number): NetworkPolicyPort {
  return { protocol, port: IntOrString.fromNumber(number) };
}

/** Selects namespaces by their names; every namespace has its own name as this label. */
export function inNamespaces(namespaces: readonly string[] | "all"): LabelSelector {
  const argument = { what: "namespaces", schema: allOrNames };
  requireArgument("inNamespaces", "namespaces", argument, namespaces);
  if (namespaces === "all") return {};
  return {
    matchExpressions: [{ key: namespaceNameLabel, operator: "In", values: [...namespaces] }],
  };
}

/** Selects one namespace by its name. */
export function inNamespace(namespace: string): LabelSelector {
  requireArgument("inNamespace", "namespace", { what: "namespace", schema: filledText }, namespace);
  return { matchLabels: { [namespaceNameLabel]: namespace } };
}

const namespaceNameLabel = "kubernetes.io/metadata.name";
