import { describe, expect, it } from "vitest";
import { wireguard } from "../../../edge/parts/wireguard.ts";
import { context, inlineOf } from "./context.ts";

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

describe("the tunnel", () => {
  it("is a private keyfile with the gateway as its only peer", () => {
    const path = "/etc/NetworkManager/system-connections/wg-hub.nmconnection";
    const contribution = wireguard(context("store-01"));
    expect(contribution.files).toMatchObject([{ path, mode: 0o600 }]);
    expect(sectionsOf(inlineOf(contribution, path))).toEqual({
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

  it("is not for devices that the hub reaches directly", () => {
    expect(wireguard(context("depot-01"))).toEqual({});
  });
});
