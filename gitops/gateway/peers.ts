/** Which devices may dial a gateway: a ConfigMap of public keys, which changes with every device. */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { gatewayNamespace } from "../../fleet/model/contract.ts";
import { KubeConfigMap } from "../imports/k8s.ts";

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
