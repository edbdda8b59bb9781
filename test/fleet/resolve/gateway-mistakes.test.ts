/** The ports of gateways against each other, and devices that dial none. */
import { describe, expect, test } from "vitest";
import { fleetText, mistakesOf } from "./machine/machine-fleet.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";

const port = (value: number | string) => `gateway: { port: ${value} }`;
const room = "100.64.0.0/16 can have 32 gateways, and each listens on the next port.";

describe("ports", () => {
  test.each([443, 51_820, 51_852, 51_788, 65_504, 1])("%i is far enough from 51820", (value) => {
    expect(mistakesOf({ site: port(value) })).toEqual([]);
  });

  test("two levels may say the same one, or two that are far from each other", () => {
    expect(mistakesOf({ profile: port(443), site: port(443), range: port(4500) })).toEqual([]);
  });

  test.each([
    [
      { site: port(51_821) },
      `12:22: sites.boston.gateway.port: 51821 is too close to port 51820 of tunnel.endpoint: ${room} Write a port that is at least 32 away.`,
    ],
    [
      { profile: port(443), override: port(474) },
      `18:26: devices.till-{1..2}.overrides.till-2.gateway.port: 474 is too close to port 443 of profiles.mini-pc.gateway: ${room} Write a port that is at least 32 away.`,
    ],
    [
      { range: port(65_505) },
      `15:22: devices.till-{1..2}.gateway.port: 65505 leaves too few ports: ${room} Write a port up to 65504.`,
    ],
  ])("%j", (levels, mistake) => {
    expect(mistakesOf(levels)).toEqual([mistake]);
  });

  test.each([0, 65_536, "443/udp"])("%s is not a port", (value) => {
    expect(mistakesOf({ site: port(value) })).toHaveLength(1);
  });

  test("a NodePort cannot be 443", () => {
    const cloud = `cloud:
  provider: existing
  context: hub
  gateway: { service: NodePort, address: 203.0.113.7 }
  network: { pods: 10.8.0.0/14, services: 10.4.0.0/20, nodes: 10.0.0.0/20 }
tunnel: { endpoint: "gateway.edge.harbor.example:30000" }`;
    const text = fleetText({ site: port(443) }).replace(/^cloud: .*$/m, cloud);
    const messages = () => {
      try {
        declareFleet(parseSource("fleet.yaml", text));
      } catch (error) {
        if (error instanceof InputError) return error.mistakes.map(formatMistake);
        throw error;
      }
      return [];
    };
    expect(messages()).toEqual([
      "fleet.yaml:17:22: sites.boston.gateway.port: the gateway's Service is a NodePort, which requires a port from 30000 to 32736, and this is 443.",
    ]);
  });
});

test("a device without a tunnel says no gateway; its site may", () => {
  const direct = "connectivity: direct\naddress: 203.0.113.9";
  expect(mistakesOf({ site: port(443), override: direct })).toEqual([]);
  expect(mistakesOf({ override: `${direct}\n${port(443)}` })).toEqual([
    "19:9: devices.till-{1..2}.overrides.till-2.gateway: a device with connectivity: direct has no tunnel. Delete gateway, or connectivity.",
  ]);
});
