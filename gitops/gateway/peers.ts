/** Who may dial a gateway: a ConfigMap of public keys, the one file that changes with a device. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { type Gateway } from "../../fleet/rules/gateways.ts";
import type { Device } from "../../fleet/model/fleet.ts";
import { gatewayNamespace } from "../../fleet/model/contract.ts";

/** The key of the ConfigMap, and the file that the gateway's script watches. */
export const peersFile = "peers.conf";

/** For the collector: a line for each device, "address name site ring". */
export const devicesFile = "devices.txt";

export interface PeersProps {
  readonly gateway: Gateway;
  /** Those that dial the gateway, in the order of their names. */
  readonly devices: readonly Device[];
  /** WireGuard public keys in base64, by device name. */
  readonly publicKeys: ReadonlyMap<string, string>;
  /** Whether the gateway has a collector, which must know who is who. */
  readonly collects: boolean;
}

export class Peers extends Construct {
  constructor(scope: Construct, id: string, props: PeersProps) {
    super(scope, id);
    new ApiObject(this, "config-map", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: peersName(props.gateway), namespace: gatewayNamespace },
      data: {
        [peersFile]: formatPeers(props),
        ...(props.collects && { [devicesFile]: formatDevices(props.devices) }),
      },
    });
  }
}

/** Name of the ConfigMap. */
export function peersName(gateway: Gateway): string {
  return `${gateway.name}-peers`;
}

/**
 * The `[Peer]` sections of a `wg syncconf` file (wg(8)), without an `[Interface]`: the private key
 * is the gateway's secret.
 */
function formatPeers(props: PeersProps): string {
  return props.devices
    .map((device) => {
      const key = props.publicKeys.get(device.name);
      if (key === undefined) throw new Error(`no public key for the device ${device.name}`);
      return `# ${device.name}\n[Peer]\nPublicKey=${key}\nAllowedIPs=${device.address}/32\n`;
    })
    .join("");
}

function formatDevices(devices: readonly Device[]): string {
  return devices
    .map(({ address, name, site, ring }) => `${address} ${name} ${site.name} ${ring}\n`)
    .join("");
}
