/** Addresses of both families against Node's own reading of them. */
import { isIP, SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatIp,
  formatNetwork,
  hostOfUrl,
  isInNetwork,
  isLinkLocal,
  knownNetwork,
  lastOf,
  networksOverlap,
  parseIp,
  parseIpInNetwork,
  reservedUse,
} from "../../../fleet/model/ip.ts";

const known = (text: string) => {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(text);
  return ip;
};

const ipv6 = fc
  .array(fc.oneof(fc.constant(0), fc.nat(65_535)), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((sum, group) => sum * 65_536n + BigInt(group), 0n));

describe("addresses", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8::0:1", "2001:db8::1"],
    ["::", "::"],
    ["1::", "1::"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"],
  ])("%s is %s", (text, canonical) => {
    expect(formatIp(known(text))).toBe(canonical);
  });

  test("what is written is read again, and Node writes it in the same way", () => {
    fc.assert(
      fc.property(ipv6, (value) => {
        const text = formatIp({ family: 6, value });
        expect(parseIp(text)).toEqual({ family: 6, value });
        // Node writes ::1.2.3.4 and ::ffff:1.2.3.4 with dots.
        if (value >> 48n === 0n) return;
        expect(new SocketAddress({ address: text, family: "ipv6" }).address).toBe(text);
      }),
    );
  });

  test("what Node does not read as an address is not one", () => {
    const piece = fc.constantFrom(
      ":",
      "::",
      "0",
      "ffff",
      "12345",
      "g",
      ".",
      "1.2.3.4",
      "/",
      "%1",
      "01",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const text = pieces.join("");
        expect(parseIp(text) !== undefined).toBe(isIP(text) !== 0 && !text.includes("%"));
      }),
      { numRuns: 2000 },
    );
  });

  test("an IPv6 address in a URL is in brackets", () => {
    expect(["2001:db8::1", "10.0.0.1", "hub.example"].map(hostOfUrl)).toEqual([
      "[2001:db8::1]",
      "10.0.0.1",
      "hub.example",
    ]);
  });

  test.each([
    ["0.1.2.3", "this network"],
    ["224.0.0.1", "multicast"],
    ["255.255.255.255", "reserved"],
    ["ff02::1", "multicast"],
    ["::1", "loopback"],
    ["192.0.2.1", undefined],
    ["fe80::1", undefined],
  ])("%s is reserved: %s", (text, use) => {
    expect(reservedUse(known(text))).toBe(use);
  });

  test("a link-local address", () => {
    expect(
      ["fe80::1", "febf::1", "fec0::1", "169.254.0.1"].map((text) => isLinkLocal(known(text))),
    ).toEqual([true, true, false, false]);
  });
});

describe("networks", () => {
  test.each([
    "10.0.0.1/33",
    "::/129",
    "10.0.0.1",
    "10.0.0.1/",
    "10.0.0.1/024",
    "10.0.0.1/8/8",
    "x/8",
  ])("%s is not an address in a network", (text) => {
    expect(parseIpInNetwork(text)).toBeUndefined();
  });

  test("the first and the last address", () => {
    expect(formatNetwork(knownNetwork("10.1.2.3/20"))).toBe("10.1.0.0/20");
    expect(formatIp(lastOf(knownNetwork("10.1.2.3/20")))).toBe("10.1.15.255");
    expect(formatNetwork(knownNetwork("2001:db8::5/64"))).toBe("2001:db8::/64");
    expect(formatIp(lastOf(knownNetwork("::/0")))).toBe("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  });

  test("families never meet", () => {
    expect(networksOverlap(knownNetwork("0.0.0.0/0"), knownNetwork("::/0"))).toBe(false);
    expect(isInNetwork(knownNetwork("::/0"), known("10.0.0.1"))).toBe(false);
  });

  test("a network overlaps what is inside it", () => {
    const [large, small] = [knownNetwork("10.0.0.0/8"), knownNetwork("10.1.0.0/16")];
    expect([networksOverlap(large, small), networksOverlap(small, large)]).toEqual([true, true]);
    expect(networksOverlap(small, knownNetwork("10.2.0.0/16"))).toBe(false);
  });
});
