import { expect, test } from "vitest";
import { HubTunnel } from "../../../edge/parts/hub-tunnel.ts";
import { bareDevice, fileOf, inlineOf } from "../devices.ts";

/** Sections of a keyfile: name → lines. */
function sectionsOf(text: string): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    text
      .trimEnd()
      .split("\n\n")
      .map((section) => {
        const [head = "", ...lines] = section.split("\n");
        return [head.slice(1, -1), lines];
      }),
  );
}

test("it is a private keyfile with the gateway as its only peer", () => {
  const path = "/etc/NetworkManager/system-connections/wg-hub.nmconnection";
  const device = bareDevice();
  new HubTunnel(device, "hub-tunnel", {
    privateKey: "cHJpdmF0ZXByaXZhdGVwcml2YXRlcHJpdmF0ZXByaXY=",
    address: "100.64.0.3",
    gatewayPublicKey: "Z2F0ZXdheWdhdGV3YXlnYXRld2F5Z2F0ZXdheWdhdGU=",
    gatewayEndpoint: "gateway.edge.harbor.example:51820",
    gatewayAddress: "100.64.0.1",
  });
  expect(fileOf(device, path).mode).toBe(0o600);
  expect(sectionsOf(inlineOf(device, path))).toEqual({
    connection: ["id=wg-hub", "type=wireguard", "interface-name=wg-hub", "autoconnect=true"],
    wireguard: [
      "private-key=cHJpdmF0ZXByaXZhdGVwcml2YXRlcHJpdmF0ZXByaXY=",
      "private-key-flags=0",
      "peer-routes=true",
    ],
    "wireguard-peer.Z2F0ZXdheWdhdGV3YXlnYXRld2F5Z2F0ZXdheWdhdGU=": [
      "endpoint=gateway.edge.harbor.example:51820",
      "allowed-ips=100.64.0.1/32;",
      "persistent-keepalive=25",
    ],
    ipv4: ["method=manual", "address1=100.64.0.3/32"],
    ipv6: ["method=disabled"],
  });
});
