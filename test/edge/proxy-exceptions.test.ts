import { expect, test } from "vitest";
import { reachedByK3s } from "../../edge/proxy-exceptions.ts";
import type { IpSettings, NetworkInterface } from "../../fleet/model/network-interface.ts";

function ip(...addresses: readonly string[]): IpSettings {
  const method = addresses.length > 0 ? "manual" : "disabled";
  return { method, addresses, dns: [], dnsSearch: [], routes: [] };
}

const eno1: NetworkInterface = {
  name: "eno1",
  type: "ethernet",
  ipv4: ip("10.1.0.5/24", "198.51.100.7/24"),
  ipv6: ip("2001:db8::7/64", "fd00::7/64"),
};

test("K3s reaches the known addresses of the node that are in no private range", () => {
  const machine = { interfaces: [eno1], k3s: { nodeAddress: "198.51.100.7" } };
  const found = reachedByK3s(machine, ["192.0.2.9", "198.51.100.7"]);
  expect(found.slice(4)).toEqual(["203.0.113.254", "198.51.100.7", "2001:db8::7", "192.0.2.9"]);
});
