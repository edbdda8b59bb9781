/**
 * The tunnel to the hub: kernel WireGuard, by a keyfile of NetworkManager, so that nothing resident
 * is added to the device. The device dials out and keeps the path open through any NAT.
 *
 * The address of the device's gateway is the one thing reachable through it: devices can't reach
 * each other.
 * Keyfile syntax: NetworkManager's nm-settings-keyfile(5), sections `wireguard` and
 * `wireguard-peer.<public key>`; the route to the peer's addresses is made by NetworkManager.
 */
import { gatewayOf } from "../../fleet/rules/gateways.ts";
import type { Contribution, DeviceContext } from "./part.ts";
import { tunnelInterface } from "../../fleet/model/contract.ts";

export function wireguard(context: DeviceContext): Contribution {
  if (context.device.connectivity !== "gateway") return {};
  return {
    files: [
      {
        path: `/etc/NetworkManager/system-connections/${tunnelInterface}.nmconnection`,
        mode: 0o600,
        contents: { inline: keyfile(context) },
      },
    ],
  };
}

function keyfile({ fleet, device, gatewayPublicKeys, secrets }: DeviceContext): string {
  const { number, name, endpoint, address } = gatewayOf(fleet, device);
  const publicKey = gatewayPublicKeys.get(number);
  if (publicKey === undefined) throw new Error(`no public key for the ${name}`);
  return `[connection]
id=${tunnelInterface}
type=wireguard
interface-name=${tunnelInterface}
autoconnect=true

[wireguard]
private-key=${secrets.wireguardPrivateKey}
private-key-flags=0
peer-routes=true

[wireguard-peer.${publicKey}]
endpoint=${endpoint.host}:${endpoint.port}
allowed-ips=${address}/32;
persistent-keepalive=25

[ipv4]
method=manual
address1=${device.address}/32

[ipv6]
method=disabled
`;
}
