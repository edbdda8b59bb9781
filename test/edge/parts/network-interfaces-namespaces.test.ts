/**
 * The keyfiles of declared interfaces in the real NetworkManager (Debian's): its parser reads back what was
 * declared, and in a network namespace the addresses, routes, names and sizes are those of fleet.yaml.
 */
import { describe, expect, test } from "vitest";
import { NetworkInterfaces } from "../../../edge/parts/network-interfaces.ts";
import { interfacesOf } from "../../fleet/resolve/machine/machine-fleet.ts";
import { bareDevice } from "../devices.ts";
import { hasNetworkManager, kernelHas, networkAfter, type Cable } from "../network-manager.ts";

function keyfilesOf(yaml: string): ReadonlyMap<string, string> {
  const device = bareDevice();
  new NetworkInterfaces(device, "network-interfaces", { interfaces: interfacesOf(yaml) });
  return device.installerKeyfiles;
}

/** Both states: after the start, and after a restart. */
function started(yaml: string, cables: readonly Cable[], dnsmasq?: readonly string[]) {
  return networkAfter({
    keyfiles: keyfilesOf(yaml),
    cables,
    ...(dnsmasq !== undefined && { dnsmasq }),
  });
}

const needs = "(needs the peer network-manager, and root)";

describe.skipIf(!hasNetworkManager)(`static addresses ${needs}`, () => {
  const yaml = `eno1:
  mtu: 1400
  ipv4:
    addresses: [10.120.1.20/24, 10.120.1.21/24]
    gateway: 10.120.1.1
    dns: [10.120.1.1, 192.0.2.53]
    dnsSearch: [shop.example.com, example.com]
    routes: [{ to: 10.9.0.0/16, via: 10.120.1.254, metric: 50 }, { to: 10.10.0.0/16 }]
  ipv6:
    addresses: ["2001:db8:1::20/64"]
    gateway: 2001:db8:1::1
    dns: ["2001:db8:1::53"]
    routes: [{ to: "2001:db8:9::/48", via: "2001:db8:1::fe" }]
lan:
  macAddress: "52:54:00:12:34:56"
  ipv4: { addresses: [192.168.7.5/24], neverDefault: true, routeMetric: 700 }
  ipv6: { method: disabled }
`;
  const cables = [{ name: "eno1" }, { name: "enp3s0", macAddress: "52:54:00:12:34:56" }];
  const states = hasNetworkManager ? started(yaml, cables) : [];

  test.each(["after a start", "after a restart"])("%s", (when) => {
    const state = states[when === "after a start" ? 0 : 1];
    expect(state?.active.toSorted().slice(0, 2)).toEqual([
      "eno1:eno1:activated",
      "lan:enp3s0:activated",
    ]);
    expect(state?.addressesOf("eno1")).toEqual([
      "10.120.1.20/24",
      "10.120.1.21/24",
      "2001:db8:1::20/64",
    ]);
    expect(state?.addressesOf("enp3s0")).toEqual(["192.168.7.5/24"]);
    expect(state?.link("eno1").mtu).toBe(1400);
    expect(state?.link("enp3s0").mtu).toBe(1500);
    expect(state?.routes).toEqual(
      expect.arrayContaining([
        "default via 10.120.1.1 dev eno1 metric 100",
        "10.9.0.0/16 via 10.120.1.254 dev eno1 metric 50",
        "10.10.0.0/16 dev eno1 metric 100",
        "default via 2001:db8:1::1 dev eno1 metric 100",
        "2001:db8:9::/48 via 2001:db8:1::fe dev eno1 metric 100",
        "192.168.7.0/24 dev enp3s0 metric 700",
      ]),
    );
    expect(state?.routes.filter((route) => route.startsWith("default"))).toHaveLength(2);
    expect(state?.resolver).toEqual([
      "search shop.example.com example.com",
      "nameserver 10.120.1.1",
      "nameserver 192.0.2.53",
      "nameserver 2001:db8:1::53",
    ]);
  });
});

describe.skipIf(!hasNetworkManager)(`a router outside the network ${needs}`, () => {
  const yaml = `eno1:
  ipv4:
    addresses: [203.0.113.5/32]
    gateway: 172.31.1.1
    routes: [{ to: 172.31.1.1/32 }]
  ipv6: { addresses: ["2001:db8:1::2/64"], gateway: "fe80::1" }
`;

  test("the default routes go through it", () => {
    const [state] = started(yaml, [{ name: "eno1" }]);
    expect(state?.addressesOf("eno1")).toEqual(["203.0.113.5/32", "2001:db8:1::2/64"]);
    expect(state?.routes).toEqual(
      expect.arrayContaining([
        "default via 172.31.1.1 dev eno1 metric 100",
        expect.stringMatching(/^172\.31\.1\.1 dev eno1 /),
        "default via fe80::1 dev eno1 metric 100",
      ]),
    );
  }, 120_000);
});

describe.skipIf(!hasNetworkManager)(`DHCP and router advertisements ${needs}`, () => {
  const yaml = `eno1: {}
eno2:
  ipv4: { dns: [192.0.2.53], ignoreAutoDns: true, routeMetric: 50 }
  ipv6: { method: disabled }
eno3:
  ipv4: { method: disabled }
`;
  const cables = [
    { name: "eno1", router: ["10.1.1.1/24", "2001:db8:1::1/64"] },
    { name: "eno2", router: ["10.1.2.1/24"] },
    { name: "eno3", router: ["2001:db8:3::1/64"] },
  ];
  const dnsmasq = [
    "--enable-ra",
    "--dhcp-range=10.1.1.50,10.1.1.60,12h",
    "--dhcp-range=10.1.2.50,10.1.2.60,12h",
    "--dhcp-range=2001:db8:1::,ra-only,64",
    "--dhcp-range=2001:db8:3::,ra-only,64",
    "--dhcp-option=option:dns-server,10.1.1.53",
    "--dhcp-option=option:domain-name,shop.example",
    "--dhcp-option=option6:dns-server,[2001:db8:3::53]",
    "--ra-param=r*,4,1800",
  ];
  const states = hasNetworkManager ? started(yaml, cables, dnsmasq) : [];

  test.each(["after a start", "after a restart"])("%s", (when) => {
    const state = states[when === "after a start" ? 0 : 1];
    expect(state?.addressesOf("eno1")).toEqual([
      expect.stringMatching(/^10\.1\.1\.[56]\d\/24$/),
      expect.stringMatching(/^2001:db8:1:.*\/64$/),
    ]);
    expect(state?.addressesOf("eno2")).toEqual([expect.stringMatching(/^10\.1\.2\.[56]\d\/24$/)]);
    // IPv6 alone.
    expect(state?.addressesOf("eno3")).toEqual([expect.stringMatching(/^2001:db8:3:.*\/64$/)]);
    const defaults = state?.routes.filter((route) => route.startsWith("default")) ?? [];
    expect(defaults).toEqual([
      "default via 10.1.2.1 dev eno2 metric 50",
      expect.stringMatching(/^default via 10\.1\.1\.1 dev eno1 metric 10\d$/),
      expect.stringMatching(/^default via fe80:.* dev eno1 metric 10\d$/),
      expect.stringMatching(/^default via fe80:.* dev eno3 metric 10\d$/),
    ]);
    expect(state?.resolver.toSorted()).toEqual([
      "nameserver 10.1.1.53",
      "nameserver 192.0.2.53",
      "nameserver 2001:db8:3::53",
      "search shop.example",
    ]);
  });
});

const ports = `eno1: {}
eno2: {}
`;
const cables = [{ name: "eno1" }, { name: "eno2" }];

test.skipIf(!hasNetworkManager || !kernelHas("bridge"))(`a bridge ${needs}`, () => {
  const yaml = `${ports}br0:
  type: bridge
  bridge: { ports: [eno1, eno2] }
  ipv4: { addresses: [10.1.1.5/24], gateway: 10.1.1.1 }
  ipv6: { method: disabled }
`;
  for (const state of started(yaml, cables)) {
    expect([state.link("eno1").master, state.link("eno2").master]).toEqual(["br0", "br0"]);
    expect(state.addressesOf("br0")).toEqual(["10.1.1.5/24"]);
    expect(state.addressesOf("eno1")).toEqual([]);
    expect(state.routes).toContain("default via 10.1.1.1 dev br0 metric 425");
  }
});

test.skipIf(!hasNetworkManager || !kernelHas("vlan"))(
  `VLANs (and a kernel with them) ${needs}`,
  () => {
    const yaml = `lan: { macAddress: "52:54:00:12:34:56", mtu: 1500, ipv4: { method: disabled }, ipv6: { method: disabled } }
tills:
  type: vlan
  vlan: { id: 20, parent: lan }
  mtu: 1400
  ipv4: { addresses: [10.1.20.5/24] }
  ipv6: { method: disabled }
`;
    const cable = [{ name: "enp3s0", macAddress: "52:54:00:12:34:56" }];
    for (const state of started(yaml, cable)) {
      expect(state.addressesOf("tills")).toEqual(["10.1.20.5/24"]);
      expect(state.link("tills")).toMatchObject({ mtu: 1400, link: "enp3s0" });
    }
  },
);

test.skipIf(!hasNetworkManager || !kernelHas("bond"))(
  `a bond (and a kernel with them) ${needs}`,
  () => {
    const yaml = `${ports}bond0:
  type: bond
  bond: { ports: [eno1, eno2], options: { miimon: 100, primary: eno2 } }
  ipv4: { addresses: [10.1.1.5/24], gateway: 10.1.1.1 }
  ipv6: { method: disabled }
`;
    for (const state of started(yaml, cables)) {
      expect([state.link("eno1").master, state.link("eno2").master]).toEqual(["bond0", "bond0"]);
      expect(state.addressesOf("bond0")).toEqual(["10.1.1.5/24"]);
    }
  },
);
