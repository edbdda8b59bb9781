import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatAddress,
  knownRange,
  parseAddress,
  rangeContains,
} from "../../../fleet/model/addresses.ts";
import {
  deviceCapacity,
  diallersOf,
  endpointsOf,
  formatEndpoint,
  furtherPortsOf,
  gatewayOf,
  gatewaysOf,
  isDialledByIpv6,
  isReserved,
} from "../../../fleet/rules/gateways.ts";
import { gatewayPrivateKey, gatewayPublicKeys } from "../../../fleet/keys/wireguard.ts";
import { allocate, emptyLock, type Lock } from "../../../fleet/lock/lock.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { splitEndpoint } from "../../../fleet/grammar/fleet-schema.ts";
import { sampleFleet } from "../../sample.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import type { Device } from "../../../fleet/model/device.ts";

const [direct, kiosk] = sampleFleet.devices as [Device, Device];

/** The sample fleet with these devices and no other that dials in. */
function fleetOf(range: string, addresses: Readonly<Record<string, string>>): Fleet {
  const diallers = Object.entries(addresses).map(([name, address]) => ({
    ...kiosk,
    name,
    address,
  }));
  const tunnel = { ...sampleFleet.tunnel, range };
  return { ...sampleFleet, tunnel, devices: [direct, ...diallers] };
}

function given(lock: Lock, names: readonly string[]): Lock {
  const next = allocate(lock, names);
  if (!("tunnel" in next)) throw new Error("the tunnel is full");
  return next;
}

describe("the gateways of a fleet", () => {
  test("are one where nobody dials in", () => {
    expect(gatewaysOf(fleetOf("100.64.0.0/16", {}))).toEqual([
      {
        number: 1,
        name: "gateway",
        range: "100.64.0.0/21",
        address: "100.64.0.1",
        endpoint: { host: "gateway.edge.harbor.example", port: 51820 },
        proxyUrl: "http://gateway.flotilla-gateway.svc:3128",
      },
    ]);
  });

  test("are one for each slice in use, numbered by the slice's place", () => {
    const fleet = fleetOf("100.64.0.0/16", { a: "100.64.7.255", b: "100.64.16.2" });
    expect(gatewaysOf(fleet).map(({ name }) => name)).toEqual(["gateway", "gateway-3"]);
    expect(gatewayOf(fleet, fleet.devices[2] as Device)).toEqual({
      number: 3,
      name: "gateway-3",
      range: "100.64.16.0/21",
      address: "100.64.16.1",
      endpoint: { host: "gateway.edge.harbor.example", port: 51822 },
      proxyUrl: "http://gateway-3.flotilla-gateway.svc:3128",
    });
    expect(gatewaysOf(fleet).map((one) => diallersOf(fleet, one).map(({ name }) => name))).toEqual([
      ["a"],
      ["b"],
    ]);
  });

  test("are one for a range that is no larger than a slice, which is then the range", () => {
    const fleet = fleetOf("10.9.8.0/24", { a: "10.9.8.200" });
    expect(gatewaysOf(fleet).map(({ range, address }) => [range, address])).toEqual([
      ["10.9.8.0/24", "10.9.8.1"],
    ]);
  });

  test("have no part in a device that is reached directly", () => {
    expect(() => gatewayOf(sampleFleet, direct)).toThrow("depot-01 is not behind a gateway");
  });
});

describe("stable assignment", () => {
  const names = fc.uniqueArray(
    fc.integer({ min: 0, max: 9_000 }).map((n) => `d-${n}`),
    { maxLength: 30 },
  );

  test("over any history, no device changes its gateway", () => {
    // So full that each history goes on across the border between two slices.
    const crowd = Array.from({ length: 2_040 }, (_, index) => `crowd-${index}`);
    const start = given(emptyLock("harbor", "100.64.0.0/16"), crowd);
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 5 }), (history) => {
        const first = new Map<string, number>();
        let lock = start;
        for (const present of history) {
          lock = given(lock, [...crowd, ...present]);
          const fleet = fleetOf("100.64.0.0/16", lock.tunnel.addresses);
          for (const device of fleet.devices.slice(1)) {
            const { number } = gatewayOf(fleet, device);
            expect(first.get(device.name) ?? number).toBe(number);
            first.set(device.name, number);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test("each dialling device is on the list of exactly one gateway: its own", () => {
    const hosts = fc.uniqueArray(fc.integer({ min: 2, max: 65_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(hosts, (all) => {
        const base = knownRange("100.64.0.0/16").first;
        const fleet = fleetOf(
          "100.64.0.0/16",
          Object.fromEntries(all.map((host) => [`d-${host}`, formatAddress(base + host)])),
        );
        const listed = gatewaysOf(fleet).flatMap((gateway) =>
          diallersOf(fleet, gateway).map((device) => {
            expect(gatewayOf(fleet, device)).toEqual(gateway);
            return device.name;
          }),
        );
        expect(listed.toSorted()).toEqual(all.map((host) => `d-${host}`).toSorted());
      }),
    );
  });
});

describe("addresses", () => {
  test.each([
    ["10.0.0.0/20", 4_096 - 5],
    ["10.0.0.0/21", 2_048 - 3],
    ["10.0.0.0/24", 256 - 3],
    ["10.0.0.0/32", 0],
  ])("of %s that devices can have are %i", (range, capacity) => {
    const { first, last } = knownRange(range);
    let free = 0;
    for (let address = first; address <= last; address++) {
      if (!isReserved(range, address)) free++;
    }
    expect(deviceCapacity(range)).toBe(capacity);
    expect(free).toBe(capacity);
  });

  test("go on behind the second gateway's own when the first slice is full", () => {
    const names = Array.from({ length: 2_047 }, (_, index) => `d-${index}`);
    const { addresses } = given(emptyLock("harbor", "100.64.0.0/16"), names).tunnel;
    expect([addresses["d-2045"], addresses["d-2046"]]).toEqual(["100.64.7.255", "100.64.8.2"]);
    const own = ["100.64.0.1", "100.64.8.1"];
    expect(Object.values(addresses).filter((address) => own.includes(address))).toEqual([]);
    const slice = knownRange("100.64.0.0/16");
    expect(
      Object.values(addresses).every((text) => rangeContains(slice, parseAddress(text) ?? 0)),
    ).toBe(true);
  });
});

/** Computed apart from this code: HKDF with Python's hmac, X25519 by the ladder of RFC 7748. */
describe("pinned vectors of the keys", () => {
  const key = new RootKey(Uint8Array.from({ length: 32 }, (_, index) => index));

  test("private keys", () => {
    expect(gatewayPrivateKey(sampleFleet, 1, key)).toBe(
      "GAZIM/QdkUXdgBKeC5Yl9SURcn7KL5x4nmoqmNJsflg=",
    );
    expect(gatewayPrivateKey(sampleFleet, 2, key)).toBe(
      "cHJEh5y/9anPn+KL6SAStCspuYhmlzF3EQxPJF5hTlQ=",
    );
  });

  test("public keys of the gateways in use", () => {
    const fleet = fleetOf("100.64.0.0/16", { a: "100.64.8.2" });
    expect([...gatewayPublicKeys(fleet, key)]).toEqual([
      [1, "4pifGuuYHMwy1lS7BsnhcsKjSHIK3hqMXqmlJzKFGkA="],
      [2, "hS9J3LNcU+SiyG4wW2OlyL6ZP+79WxeTgXfxTgmxeiI="],
    ]);
  });
});

test.each([
  ["gateway.harbor.example:443", "gateway.harbor.example"],
  ["203.0.113.9:443", "203.0.113.9"],
  ["[2001:db8::9]:443", "2001:db8::9"],
])("a device dials %s as it is written", (written, host) => {
  const endpoint = splitEndpoint(written);
  expect(endpoint).toEqual({ host, port: 443 });
  const fleet = { ...sampleFleet, tunnel: { ...sampleFleet.tunnel, endpoint } };
  expect(endpointsOf(fleet, kiosk).map(formatEndpoint)).toEqual([written]);
});

test("every port that a device dials is one of its gateway's, and no gateway has another's", () => {
  const port = fc.integer({ min: 1, max: 2000 }).map((step) => step * 32);
  const site = fc.record({ port: fc.option(port), place: fc.integer({ min: 2, max: 65_000 }) });
  fc.assert(
    fc.property(fc.array(site, { minLength: 1, maxLength: 12 }), (sites) => {
      const base = parseAddress("100.64.0.0") ?? 0;
      const free = sites.filter(({ place }) => !isReserved("100.64.0.0/16", base + place));
      const addresses = free.map(({ place }, index) => [`d${index}`, formatAddress(base + place)]);
      const plain = fleetOf("100.64.0.0/16", Object.fromEntries(addresses));
      const devices = plain.devices.map((device) => {
        const own = free[Number(device.name.slice(1))];
        if (device === direct || own === undefined) return device;
        return { ...device, machine: { gateway: { port: own.port, hosts: [] } } };
      });
      const fleet: Fleet = { ...plain, devices };
      const used = gatewaysOf(fleet).map((gateway) => ({
        gateway,
        ports: [gateway.endpoint.port, ...furtherPortsOf(fleet, gateway)],
      }));
      const all = used.flatMap(({ ports }) => ports);
      expect(new Set(all).size).toBe(all.length);
      for (const { gateway, ports } of used) {
        for (const device of diallersOf(fleet, gateway)) {
          expect(ports).toContain(endpointsOf(fleet, device)[0].port);
        }
      }
    }),
  );
});

describe("a site with a port or endpoints of its own", () => {
  const hosts = ["gateway2.harbor.example", "203.0.113.9", "2001:db8::9"];
  const plain = fleetOf("100.64.0.0/16", { a: "100.64.0.9", b: "100.64.8.9", c: "100.64.8.10" });
  const fleet: Fleet = {
    ...plain,
    devices: plain.devices.map((device) => {
      if (device.name === "a") return { ...device, machine: { gateway: { port: 443, hosts: [] } } };
      return device.name === "b"
        ? { ...device, machine: { gateway: { port: 443, hosts } } }
        : device;
    }),
  };
  const endpoints = (name: string) =>
    endpointsOf(fleet, fleet.devices.find((device) => device.name === name) as Device).map(
      formatEndpoint,
    );

  test("is dialled there, at the next port for the next gateway", () => {
    expect(endpoints("a")).toEqual(["gateway.edge.harbor.example:443"]);
    expect(endpoints("b")).toEqual([
      "gateway2.harbor.example:444",
      "203.0.113.9:444",
      "[2001:db8::9]:444",
    ]);
    expect(endpoints("c")).toEqual(["gateway.edge.harbor.example:51821"]);
  });

  test("adds its ports to the gateways of its devices", () => {
    const used = gatewaysOf(fleet);
    expect(used.map((gateway) => furtherPortsOf(fleet, gateway))).toEqual([[443], [444]]);
    expect(used.map((gateway) => isDialledByIpv6(fleet, gateway))).toEqual([false, true]);
    expect(gatewaysOf(plain).map((gateway) => furtherPortsOf(plain, gateway))).toEqual([[], []]);
  });
});
