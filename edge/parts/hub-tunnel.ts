/**
 * The tunnel to the hub: kernel WireGuard, by a keyfile of NetworkManager, so no process is added to
 * the device. The device opens the connection and keeps it open through any NAT.
 *
 * The address of the device's gateway is the only one that is reachable through it: devices can't
 * reach each other.
 * A keyfile has one endpoint. Where there are several, a script changes it while no handshake is fresh.
 *
 * Keyfile syntax: NetworkManager's nm-settings-keyfile(5), sections `wireguard` and
 * `wireguard-peer.<public key>`; NetworkManager makes the route to the peer's addresses.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { sourceText } from "../../fleet/files/source-text.ts";
import { isAuthority } from "../../fleet/grammar/hosts.ts";
import { ipv4Address, text } from "../../fleet/grammar/value-schemas.ts";
import { tunnelInterface } from "../../fleet/model/contract.ts";
import { EdgeDevice } from "../device.ts";
import { keyfileFolder, keyfileName } from "../keyfile.ts";
import { requireProps, wireguardKey } from "../props.ts";
import { addTimedScript } from "./timed-script.ts";

export interface HubTunnelProps {
  /** The device's WireGuard private key in base64. */
  readonly privateKey: string;
  /** The device's IPv4 address in the tunnel. */
  readonly address: string;
  /** The gateway's WireGuard public key in base64. */
  readonly gatewayPublicKey: string;
  /** The gateway's public UDP endpoint, `gateway.edge.example.com:51820`. */
  readonly gatewayEndpoint: string;
  /** Those that are tried while it does not answer, in order. @default none */
  readonly otherEndpoints?: readonly string[];
  /** The gateway's IPv4 address in the tunnel. */
  readonly gatewayAddress: string;
}

const endpoint = text((value) =>
  isAuthority(value) && /:[0-9]+$/.test(value)
    ? undefined
    : `${JSON.stringify(value)} is not a valid endpoint. Write a host and a UDP port, like gateway.example.com:51820.`,
);

const schema = z.object({
  privateKey: wireguardKey,
  address: ipv4Address,
  gatewayPublicKey: wireguardKey,
  gatewayEndpoint: endpoint,
  otherEndpoints: z.array(endpoint).optional(),
  gatewayAddress: ipv4Address,
});

export class HubTunnel extends Construct {
  constructor(scope: Construct, id: string, props: HubTunnelProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    device.addFile(this, {
      path: `${keyfileFolder}/${keyfileName(tunnelInterface)}`,
      mode: 0o600,
      contents: { inline: keyfile(props) },
    });
    const { gatewayEndpoint, otherEndpoints = [] } = props;
    if (otherEndpoints.length === 0) return;
    device.addFile(this, {
      path: "/etc/flotilla/hub/endpoints",
      mode: 0o644,
      contents: { inline: [gatewayEndpoint, ...otherEndpoints, ""].join("\n") },
    });
    addTimedScript(this, {
      name: "try-next-endpoint",
      unit: "flotilla-endpoint",
      script: sourceText("edge/parts/hub-tunnel/try-next-endpoint.sh"),
      service: sourceText("edge/parts/hub-tunnel/flotilla-endpoint.service"),
      timer: sourceText("edge/parts/hub-tunnel/flotilla-endpoint.timer"),
    });
  }
}

function keyfile(props: HubTunnelProps): string {
  return `[connection]
id=${tunnelInterface}
type=wireguard
interface-name=${tunnelInterface}
autoconnect=true

[wireguard]
private-key=${props.privateKey}
private-key-flags=0
peer-routes=true

[wireguard-peer.${props.gatewayPublicKey}]
endpoint=${props.gatewayEndpoint}
allowed-ips=${props.gatewayAddress}/32;
persistent-keepalive=25

[ipv4]
method=manual
address1=${props.address}/32

[ipv6]
method=disabled
`;
}
