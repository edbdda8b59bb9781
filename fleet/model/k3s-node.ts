/** What a fleet file says about the K3s of a device, with the names of docs.k3s.io. */

/** K3s' own ranges (docs.k3s.io, `k3s server`, "Networking"). */
export const k3sRanges = { pods: "10.42.0.0/16", services: "10.43.0.0/16" } as const;

/** The default route of last resort, and its interface: see edge/parts/fallback-route.ts. */
export const fallbackRoute = { address: "203.0.113.254", metric: 1_000_000 } as const;

export interface K3sNode {
  /** Packaged components that are not deployed. @default all are deployed */
  readonly disable?: readonly string[];
  /** Labels of the node. @default those that Kubernetes sets */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Whether the device's own labels are labels of its node. @default false */
  readonly deviceLabels?: boolean;
  /** As kubectl writes them, `key=value:Effect`. @default none */
  readonly nodeTaints?: readonly string[];
  /** IPv4 address of the node. @default that of the default route */
  readonly nodeAddress?: string;
  /** The interface that has the node's address. @default that of the default route */
  readonly nodeInterface?: string;
  /** Whether K3s is restarted when the node's address changed. @default false */
  readonly followAddress?: boolean;
  /** `name=value`, sorted. @default K3s' own */
  readonly kubeletArguments?: readonly string[];
  /** `name=value`, sorted. @default K3s' own, and those of the audit log */
  readonly apiServerArguments?: readonly string[];
  /** IPv4 range of pods. @default k3sRanges.pods */
  readonly podRange?: string;
  /** IPv4 range of services. @default k3sRanges.services */
  readonly serviceRange?: string;
}
