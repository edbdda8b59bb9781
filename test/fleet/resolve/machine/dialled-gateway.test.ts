/** Where devices of a site dial the hub: what they have of it, and the words on each mistake. */
import { describe, expect, test } from "vitest";
import { devicesOf, mistakesOf } from "./machine-fleet.ts";

test("a device has the port of its site and endpoints of its own", () => {
  const [first, second] = devicesOf({
    site: "gateway: { port: 443 }",
    override: 'gateway: { endpoints: [gateway2.shop.example, 203.0.113.9, "2001:db8::9"] }',
  });
  expect(first.machine?.gateway).toEqual({ port: 443, hosts: [] });
  expect(second.machine?.gateway).toEqual({
    port: 443,
    hosts: ["gateway2.shop.example", "203.0.113.9", "2001:db8::9"],
  });
});

const like = 'Write a name or an IP address, like gateway2.example.com or "2001:db8::9".';

describe("a mistake in an endpoint", () => {
  test.each([
    ["https://gw.example", `"https://gw.example" has a scheme. ${like}`],
    [
      "gw.example:443",
      '"gw.example:443" has a port. Write the host only, and the port under gateway.port.',
    ],
    [
      "203.0.113.9:443",
      '"203.0.113.9:443" has a port. Write the host only, and the port under gateway.port.',
    ],
    [
      "[2001:db8::9]:443",
      '"[2001:db8::9]:443" has a port. Write the host only, and the port under gateway.port.',
    ],
    ["[2001:db8::9]", '"[2001:db8::9]" has brackets. Write the address without them: 2001:db8::9.'],
    ["203.0.113.300", `"203.0.113.300" is not a valid host. ${like}`],
    ["203.0.113.0/24", `"203.0.113.0/24" is not a valid host. ${like}`],
    ["gw_1.example", `"gw_1.example" is not a valid host. ${like}`],
    ["fe80::1%eth0", `"fe80::1%eth0" is not a valid host. ${like}`],
    ["", `"" is not a valid host. ${like}`],
    ["localhost", `"localhost" is the device itself. ${like}`],
    ["127.0.0.1", `"127.0.0.1" is the device itself. ${like}`],
    ["0.0.0.0", `"0.0.0.0" is the device itself. ${like}`],
    ["::1", `"::1" is the device itself. ${like}`],
    ["fe80::1", `"fe80::1" is not a routable address of one host. ${like}`],
    ["ff02::1", `"ff02::1" is not a routable address of one host. ${like}`],
    ["224.0.0.1", `"224.0.0.1" is not a routable address of one host. ${like}`],
    ["255.255.255.255", `"255.255.255.255" is not a routable address of one host. ${like}`],
  ])("%s", (host, message) => {
    expect(mistakesOf({ site: `gateway: { endpoints: [${JSON.stringify(host)}] }` })).toEqual([
      `12:28: sites.boston.gateway.endpoints.0: ${message}`,
    ]);
  });

  test.each([
    ["a.example", "A.example"],
    ["2001:db8::9", "2001:DB8:0::9"],
  ])("%s and %s are one host", (first, second) => {
    const endpoints = JSON.stringify([first, second]);
    expect(mistakesOf({ site: `gateway: { endpoints: ${endpoints} }` })[0]).toMatch(
      `sites.boston.gateway.endpoints.1: "${second}" appears twice in this list. Delete one.`,
    );
  });

  test("a list without one", () => {
    expect(mistakesOf({ site: "gateway: { endpoints: [] }" })).toEqual([
      "12:27: sites.boston.gateway.endpoints: this list is empty. Write at least one host, or omit the key.",
    ]);
  });
});
