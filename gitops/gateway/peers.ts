/**
 * What changes with every device of a gateway: which ones may dial it, in a ConfigMap of public keys, and
 * whose registrations the program `reconnect` may change.
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace, gatewayNamespace } from "../../fleet/model/contract.ts";
import { KubeConfigMap, KubeRole, KubeRoleBinding } from "../imports/k8s.ts";
import { reconnectName } from "./reconnect.ts";

/** The key of the ConfigMap, and the file that the gateway's script watches. */
export const peersFile = "peers.conf";

/** For the collector: a line for each device, "address name site ring". */
export const devicesFile = "devices.txt";

export interface Peer {
  /** Name of the device. */
  readonly name: string;
  /** IPv4 address in the tunnel. */
  readonly address: string;
  /** WireGuard public key in base64. */
  readonly publicKey: string;
  /** Name of its site. */
  readonly site: string;
  readonly ring: string;
}

export interface PeersChartProps {
  /** Name of the gateway. */
  readonly gateway: string;
  /** In the order of their names. */
  readonly peers: readonly Peer[];
  /** Whether the gateway has a collector, which identifies devices by their addresses. */
  readonly hasCollector: boolean;
}

export class PeersChart extends Chart {
  constructor(scope: Construct, id: string, { gateway, peers, hasCollector }: PeersChartProps) {
    super(scope, id);
    new KubeConfigMap(this, "config-map", {
      metadata: { name: peersName(gateway), namespace: gatewayNamespace },
      data: {
        [peersFile]: peers.map(formatPeer).join(""),
        ...(hasCollector && { [devicesFile]: peers.map(formatDevice).join("") }),
      },
    });
    // An empty list of names would mean all Secrets.
    if (peers.length > 0) {
      this.#addRights(
        gateway,
        peers.map(({ name }) => name),
      );
    }
  }

  /** Without a right to read: the answer to a change is all that it sees of a registration. */
  #addRights(gateway: string, devices: readonly string[]): void {
    const metadata = { name: `${reconnectName}-${gateway}`, namespace: argoNamespace };
    new KubeRole(this, "rights", {
      metadata,
      rules: [
        { apiGroups: [""], resources: ["secrets"], resourceNames: [...devices], verbs: ["patch"] },
      ],
    });
    new KubeRoleBinding(this, "rights-binding", {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name },
      subjects: [{ kind: "ServiceAccount", name: reconnectName, namespace: argoNamespace }],
    });
  }
}

/** Name of the ConfigMap. */
export function peersName(gateway: string): string {
  return `${gateway}-peers`;
}

/**
 * The `[Peer]` section of a `wg syncconf` file (wg(8)). The file has no `[Interface]`: the private key
 * is in the gateway's Secret.
 */
function formatPeer({ name, publicKey, address }: Peer): string {
  return `# ${name}\n[Peer]\nPublicKey=${publicKey}\nAllowedIPs=${address}/32\n`;
}

function formatDevice({ address, name, site, ring }: Peer): string {
  return `${address} ${name} ${site} ${ring}\n`;
}
