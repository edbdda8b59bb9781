/** Keyfiles of random interfaces, read and written again by NetworkManager's own parser. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NetworkInterfaces } from "../../../edge/parts/network-interfaces.ts";
import {
  bondModes,
  bondOptions,
  type BondMode,
  type BondOption,
} from "../../../fleet/model/bond-options.ts";
import { formatIp, type IpFamily } from "../../../fleet/model/ip.ts";
import { interfacesOf } from "../../fleet/resolve/machine/machine-fleet.ts";
import { bareDevice, inlineOf } from "../devices.ts";
import { hasNetworkManager, keysOf, rewritten } from "../network-manager.ts";

type Values = Readonly<Record<string, unknown>>;

/** Addresses and routers of one network, 10.<n>.0.0/16 or 2001:db8:<n>::/48. */
function networkArbitrary(family: IpFamily) {
  return fc
    .record({
      network: fc.integer({ min: 100, max: 250 }),
      hosts: fc.uniqueArray(fc.integer({ min: 2, max: 60_000 }), { minLength: 2, maxLength: 4 }),
    })
    .map(({ network, hosts }) => {
      const base =
        family === 4
          ? (10n << 24n) + (BigInt(network) << 16n)
          : (0x20010db8n << 96n) + (BigInt(network) << 80n);
      const [gateway = "", ...addresses] = hosts.map((host) =>
        formatIp({ family, value: base + BigInt(host) }),
      );
      const length = family === 4 ? 16 : 48;
      return { gateway, addresses: addresses.map((address) => `${address}/${length}`) };
    });
}

function ipArbitrary(family: IpFamily) {
  const dns = family === 4 ? ["1.1.1.1", "192.0.2.53"] : ["2001:db8::53", "2606:4700::1111"];
  const targets =
    family === 4 ? ["172.16.0.0/12", "192.168.9.0/24"] : ["2001:db8:9::/48", "fd00::/8"];
  const shared = {
    dns: fc.subarray(dns),
    dnsSearch: fc.subarray(["shop.example.com", "example.com"]),
    routeMetric: fc.integer({ min: 1, max: 4000 }),
    ignoreAutoDns: fc.boolean(),
  };
  const manual = networkArbitrary(family).chain(({ gateway, addresses }) =>
    fc.record(
      {
        addresses: fc.constant(addresses),
        gateway: fc.constant(gateway),
        routes: fc
          .subarray(targets)
          .chain((chosen) =>
            fc.tuple(
              ...chosen.map((to) =>
                fc.record(
                  { to: fc.constant(to), via: fc.constant(gateway), metric: fc.nat(900) },
                  { requiredKeys: ["to"] },
                ),
              ),
            ),
          ),
        ...shared,
      },
      { requiredKeys: ["addresses"] },
    ),
  );
  const methods = family === 4 ? ["auto"] : ["auto", "dhcp"];
  const automatic = fc.record(
    { method: fc.constantFrom(...methods), neverDefault: fc.boolean(), ...shared },
    { requiredKeys: [] },
  );
  const off = fc.constantFrom<Values>({ method: "disabled" }, { method: "link-local" });
  return fc.oneof<fc.Arbitrary<Values>[]>(manual, automatic, off);
}

const ips = {
  ipv4: ipArbitrary(4),
  ipv6: ipArbitrary(6),
};

const values: Readonly<Record<string, readonly (string | number)[]>> = {
  ad_actor_system: ["52:54:00:12:34:56"],
  arp_ip_target: ["10.1.0.1", "10.1.0.1,10.1.0.2"],
  primary: ["eno2"],
};

function bondArbitrary(mode: BondMode) {
  const options = Object.entries<BondOption>(bondOptions).filter(
    ([name, { modes }]) =>
      (modes === undefined || modes.includes(mode)) &&
      // What depends on others has a case of its own.
      !/^(arp_|updelay|downdelay|num_)/.test(name),
  );
  const valueOf = (name: string, { expected, isValid }: BondOption) => {
    const numbers = Array.from({ length: 101 }, (_, number) => number);
    const words = [...expected.replace("one of: ", "").split(", "), ...numbers];
    const known = values[name] ?? words.filter((value) => isValid(String(value)));
    return fc.constantFrom(...known);
  };
  return fc.record(
    Object.fromEntries(options.map(([name, option]) => [name, valueOf(name, option)])),
    { requiredKeys: [] },
  );
}

const interfacesArbitrary = fc
  .record({
    mac: fc.boolean(),
    mtu: fc.option(fc.integer({ min: 1300, max: 1500 }), { nil: undefined }),
    lan: fc.record(ips, { requiredKeys: [] }),
    tills: fc.record(ips, { requiredKeys: [] }),
    vlan: fc.integer({ min: 1, max: 4094 }),
    bond: fc
      .constantFrom(...bondModes)
      .chain((mode) =>
        bondArbitrary(mode).map((options) => ({ mode, ports: ["eno1", "eno2"], options })),
      ),
    stp: fc.boolean(),
  })
  .map(({ mac, mtu, lan, tills, vlan, bond, stp }) => ({
    eno1: mtu === undefined ? {} : { mtu },
    // A primary port is known by its name.
    eno2: mac && bond.options.primary !== "eno2" ? { macAddress: "52:54:00:12:34:56" } : {},
    eno9: {},
    bond0: { type: "bond", bond, ...lan },
    br0: { type: "bridge", bridge: { ports: ["eno3"], stp } },
    eno3: {},
    tills: { type: "vlan", vlan: { id: vlan, parent: "bond0" }, ...tills },
  }));

/** What NetworkManager omits, because it is its default, or writes at another place. */
const omitted = new Set(["connection.autoconnect=true", "vlan.flags=1", "bridge.stp=true"]);

/** How NetworkManager writes what a keyfile says. */
function normalized(keyfile: string): string[] {
  const keys = new Map(keysOf(keyfile));
  for (const family of ["ipv4", "ipv6"]) {
    const gateway = keys.get(`${family}.gateway`);
    if (gateway === undefined) continue;
    keys.delete(`${family}.gateway`);
    keys.set(`${family}.address1`, `${keys.get(`${family}.address1`)},${gateway}`);
  }
  return [...keys]
    .map(([key, value]) => `${key}=${value}`)
    .filter(
      (line) => (line === "bridge.stp=false" || !line.endsWith("=false")) && !omitted.has(line),
    );
}

function expectReadBack(interfaces: Values, wifiPassphrase?: string): void {
  const device = bareDevice();
  const resolved = interfacesOf(JSON.stringify(interfaces));
  expect(resolved.map(({ name }) => name)).toEqual(Object.keys(interfaces).toSorted());
  const props = resolved.map((each) => ({ ...each, ...(wifiPassphrase && { wifiPassphrase }) }));
  new NetworkInterfaces(device, "network-interfaces", { interfaces: props });
  for (const { name } of resolved) {
    const keyfile = inlineOf(device, `/etc/NetworkManager/system-connections/${name}.nmconnection`);
    const found = [...keysOf(rewritten(keyfile))].map(([key, value]) => `${key}=${value}`);
    expect(found).toEqual(expect.arrayContaining(normalized(keyfile)));
  }
}

describe.skipIf(!hasNetworkManager)(
  "NetworkManager reads (needs the peer network-manager, and root)",
  () => {
    test("whatever can be declared", { timeout: 120_000 }, () => {
      fc.assert(
        fc.property(interfacesArbitrary, (interfaces) => expectReadBack(interfaces)),
        {
          numRuns: 40,
        },
      );
    });

    test.each([
      {
        arp_interval: 100,
        arp_ip_target: "10.1.0.1,10.1.0.2",
        arp_validate: "all",
        arp_all_targets: "any",
      },
      { miimon: 100, updelay: 200, downdelay: 200 },
      { miimon: 100, num_grat_arp: 3, num_unsol_na: 3 },
    ])("a bond with %j", (options) => {
      expectReadBack({
        eno1: {},
        eno2: {},
        bond0: { type: "bond", bond: { ports: ["eno1", "eno2"], options } },
      });
    });

    test("passphrases with any characters", () => {
      const passphrase = fc.string({
        minLength: 8,
        maxLength: 63,
        unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCodePoint(code)),
      });
      const wifi = { ssid: "shop", passphrase: { env: "WIFI" } };
      fc.assert(
        fc.property(passphrase, fc.constantFrom("wpa2", "wpa3"), (secret, security) =>
          expectReadBack({ wlan0: { type: "wifi", wifi: { ...wifi, security } } }, secret),
        ),
        { numRuns: 40 },
      );
    });

    test("names of networks in any characters", () => {
      const short = fc
        .string({ unit: "grapheme", minLength: 1 })
        .filter((ssid) => Buffer.byteLength(ssid) <= 32 && !/\p{Cc}/u.test(ssid));
      fc.assert(
        fc.property(
          fc.oneof(short, fc.constantFrom("1;2;", "7", " x ", String.raw`a\s`, "#x", "[x]", "a=b")),
          (ssid) => {
            const device = bareDevice();
            const yaml = JSON.stringify({
              wlan0: { type: "wifi", wifi: { ssid, security: "open" } },
            });
            new NetworkInterfaces(device, "network-interfaces", { interfaces: interfacesOf(yaml) });
            const keyfile = inlineOf(
              device,
              "/etc/NetworkManager/system-connections/wlan0.nmconnection",
            );
            expect(ssidOf(rewritten(keyfile)).toString("hex")).toBe(
              Buffer.from(ssid).toString("hex"),
            );
          },
        ),
        { numRuns: 60 },
      );
    });
  },
);

/** The SSID of a keyfile: a list of bytes, or text with GLib's escapes. */
function ssidOf(keyfile: string): Buffer {
  const value = keysOf(keyfile).get("wifi.ssid") ?? "";
  if (/^(\d{1,3};)+$/.test(value)) return Buffer.from(value.split(";").slice(0, -1).map(Number));
  // GLib's escapes, and then those of the list.
  const text = value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "s" ? " " : letter));
  return Buffer.from(text.replaceAll(String.raw`\;`, ";"));
}
