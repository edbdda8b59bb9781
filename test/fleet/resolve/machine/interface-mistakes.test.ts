/** The words on each mistake in interfaces, at its line. */
import { expect, test } from "vitest";
import { interfacesText, mistakesOf, type Levels } from "./machine-fleet.ts";

/** Interfaces of till-2 alone. */
const one = (yaml: string): Levels => ({ override: interfacesText(yaml) });
const eno1 = (settings: string): Levels => one(`eno1: { ${settings} }`);
const ipv4 = (settings: string): Levels => eno1(`ipv4: { ${settings} }`);
const ipv6 = (settings: string): Levels => eno1(`ipv6: { ${settings} }`);
const bond = (settings: string, rest = ""): Levels =>
  one(`eno1: {}\neno2: {}\nbond0: { type: bond, bond: { ${settings} }${rest} }`);
const vlan = (settings: string, rest = ""): Levels =>
  one(`eno1: {}\neno1.20: { type: vlan, vlan: { ${settings} }${rest} }`);
const wifi = (settings: string): Levels => one(`wlan0: { type: wifi, wifi: { ${settings} } }`);

const cases: Readonly<Record<string, Levels>> = {
  "name too long": one("enterprise-lan-0001: {}"),
  "name of the tunnel": one("wg-hub: {}"),
  "name of K3s": one("cni0: {}"),
  "name invalid": one('"eno/1": {}'),
  "name empty": one('"": {}'),
  "type unknown": eno1("type: wan"),
  "MAC invalid": eno1('macAddress: "52:54:00:12:34"'),
  "MAC with two separators": eno1("macAddress: 52-54-00:12:34:AB"),
  "MAC of too many digits": eno1('macAddress: "5254001234ab00"'),
  "MAC that YAML takes for a number": eno1("macAddress: 525400123456"),
  "name of a VLAN": one("eno1: {}\neno1.20: { ipv4: { addresses: [10.1.1.5/24] } }"),
  "name of a VLAN by number": one("eno1: {}\nvlan20: {}"),
  "name of a bond": one("eno1: {}\nbond0: {}"),
  "name of a bridge": one("eno1: {}\nbr0: {}"),
  "name of a Wi-Fi card": one("eno1: {}\nwlp3s0: {}"),
  "name of a modem": one("eno1: {}\nwwan0: {}"),
  "MAC multicast": eno1('macAddress: "01:00:5e:00:00:01"'),
  "MAC zero": eno1('macAddress: "00:00:00:00:00:00"'),
  "MAC of a bond": bond("ports: [eno1, eno2]", ', macAddress: "52:54:00:12:34:56"'),
  "MAC twice": one(
    'a: { macAddress: "52:54:00:12:34:56" }\nb: { macAddress: "52:54:00:12:34:56" }',
  ),
  "MAC twice in two notations": one(
    'a: { macAddress: "52:54:00:12:34:5a" }\nb: { macAddress: 5254.0012.345A }',
  ),
  "MTU small": eno1("mtu: 100"),
  "MTU large": eno1("mtu: 90000"),
  "MTU for IPv6": eno1("mtu: 1200"),
  "MTU above the parent's": vlan("id: 20, parent: eno1", ", mtu: 9000"),
  "MTU above a port's": one(
    "eno1: {}\nbr0: { type: bridge, bridge: { ports: [eno1] }, mtu: 9000 }",
  ),
  "unknown key": ipv4("adresses: [10.1.1.5/24]"),
  "address invalid": ipv4("addresses: [10.1.1.500/24]"),
  "address without length": ipv4("addresses: [10.1.1.5]"),
  "address with a mask": ipv4("addresses: [10.1.1.5/255.255.252.0]"),
  "address with an invalid mask": ipv4("addresses: [10.1.1.5/255.0.255.0]"),
  "route without length": ipv4("routes: [{ to: 10.5.0.0, via: 10.1.1.1 }]"),
  "route with a mask": ipv4("routes: [{ to: 10.5.0.0/255.255.0.0, via: 10.1.1.1 }]"),
  "route that is the default one": ipv4("routes: [{ to: default, via: 10.1.1.1 }]"),
  "IPv6 in ipv4": ipv4('addresses: ["2001:db8::5/64"]'),
  "IPv4 in ipv6": ipv6("addresses: [10.1.1.5/24]"),
  "IPv6 without length": ipv6('addresses: ["2001:db8::5"]'),
  "network address": ipv4("addresses: [10.1.1.0/24]"),
  "broadcast address": ipv4("addresses: [10.1.1.255/24]"),
  "IPv6 network address": ipv6('addresses: ["2001:db8::/64"]'),
  "multicast address": ipv4("addresses: [224.0.0.5/24]"),
  "loopback address": ipv6('addresses: ["::1/128"]'),
  "no network": ipv4("addresses: [10.1.1.5/0]"),
  "address twice": ipv4("addresses: [10.1.1.5/24, 10.1.1.5/16]"),
  "address at two interfaces": one(
    "a: { ipv4: { addresses: [10.1.1.5/24] } }\nb: { ipv4: { addresses: [10.1.1.5/24] } }",
  ),
  "manual without addresses": ipv4("method: manual"),
  "method unknown": ipv4("method: static"),
  "method of IPv6": ipv4("method: dhcp"),
  "disabled with addresses": ipv4("method: disabled, addresses: [10.1.1.5/24]"),
  "link-local with a DNS server": ipv6('method: link-local, dns: ["2001:db8::53"]'),
  "gateway invalid": ipv4("addresses: [10.1.1.5/24], gateway: router"),
  "gateway without addresses": ipv4("gateway: 10.1.1.1"),
  "gateway unreachable": ipv4("addresses: [10.1.1.5/24], gateway: 10.1.2.1"),
  "gateway unreachable, IPv6": ipv6('addresses: ["2001:db8::5/64"], gateway: "2001:db8:1::1"'),
  "gateway own": ipv4("addresses: [10.1.1.5/24], gateway: 10.1.1.5"),
  "gateway network": ipv4("addresses: [10.1.1.5/24], gateway: 10.1.1.0"),
  "gateway never default": ipv4("addresses: [10.1.1.5/24], gateway: 10.1.1.1, neverDefault: true"),
  "DNS no address": ipv4("dns: [dns.example.com]"),
  "DNS of IPv6": ipv4('dns: ["2001:db8::53"]'),
  "DNS loopback": ipv4("dns: [127.0.0.53]"),
  "DNS twice": ipv6('dns: ["2001:db8::53", "2001:DB8:0::53"]'),
  "domain invalid": ipv4("dnsSearch: [shop_example]"),
  "domain twice": ipv4("dnsSearch: [shop.example, Shop.example]"),
  "route to an address": ipv4("addresses: [10.1.1.5/24], routes: [{ to: 10.9.1.1/16 }]"),
  "route default": ipv4("addresses: [10.1.1.5/24], routes: [{ to: 0.0.0.0/0, via: 10.1.1.1 }]"),
  "route without to": ipv4("routes: [{ via: 10.1.1.1 }]"),
  "route unreachable": ipv4(
    "addresses: [10.1.1.5/24], routes: [{ to: 10.9.0.0/16, via: 10.2.1.1 }]",
  ),
  "route twice": ipv4("routes: [{ to: 10.9.0.0/16 }, { to: 10.9.0.0/16 }]"),
  "route to loopback": ipv4("routes: [{ to: 127.1.0.0/16 }]"),
  "route into K3s": ipv4("routes: [{ to: 10.43.7.0/24 }]"),
  "metric negative": ipv4("routeMetric: -1"),
  "metric of the fallback route": ipv4("routeMetric: 1000000"),
  "VLAN without parent": vlan("id: 20"),
  "VLAN without id": vlan("parent: eno1"),
  "VLAN without both": one("tills: { type: vlan }"),
  "VLAN of an unknown parent": vlan("id: 20, parent: eno2"),
  "VLAN of itself": vlan("id: 20, parent: eno1.20"),
  "VLAN id": vlan("id: 4095, parent: eno1"),
  "VLAN twice": one(
    "eno1: {}\na: { type: vlan, vlan: { id: 20, parent: eno1 } }\nb: { type: vlan, vlan: { id: 20, parent: eno1 } }",
  ),
  "VLAN on a port": one(
    "eno1: {}\neno2: {}\nbond0: { type: bond, bond: { ports: [eno1, eno2] } }\na: { type: vlan, vlan: { id: 20, parent: eno1 } }",
  ),
  "VLAN on Wi-Fi": one(
    "wlan0: { type: wifi, wifi: { ssid: shop, security: open } }\na: { type: vlan, vlan: { id: 20, parent: wlan0 } }",
  ),
  "vlan without type": eno1("vlan: { id: 20, parent: eno2 }"),
  "bond without ports": bond(""),
  "bond of one port": bond("ports: [eno1]"),
  "bond of an unknown port": bond("ports: [eno1, eno3]"),
  "bond of a port twice": bond("ports: [eno1, eno1]"),
  "bond of itself": bond("ports: [eno1, bond0]"),
  "bond of Wi-Fi": one(
    "eno1: {}\nwlan0: { type: wifi, wifi: { ssid: shop, security: open } }\nbond0: { type: bond, bond: { ports: [eno1, wlan0] } }",
  ),
  "port of two bonds": one(
    "a: {}\nb: {}\nc: {}\nbond0: { type: bond, bond: { ports: [a, b] } }\nbond1: { type: bond, bond: { ports: [b, c] } }",
  ),
  "port with addresses": one(
    "eno1: { ipv4: { addresses: [10.1.1.5/24] } }\nbr0: { type: bridge, bridge: { ports: [eno1] } }",
  ),
  "bond mode": bond("mode: lacp, ports: [eno1, eno2]"),
  "bond option unknown": bond("ports: [eno1, eno2], options: { mimon: 100 }"),
  "bond option invalid": bond("ports: [eno1, eno2], options: { miimon: often }"),
  "bond option of another mode": bond("ports: [eno1, eno2], options: { lacp_rate: fast }"),
  "bond primary": bond("ports: [eno1, eno2], options: { primary: eno3 }"),
  "bond primary by address": one(
    'a: { macAddress: "52:54:00:12:34:56" }\nb: {}\nbond0: { type: bond, bond: { ports: [a, b], options: { primary: a } } }',
  ),
  "bond with two watches": bond(
    "ports: [eno1, eno2], options: { miimon: 100, arp_interval: 100, arp_ip_target: 10.1.1.1 }",
  ),
  "bond with ARP to nobody": bond("ports: [eno1, eno2], options: { arp_interval: 100 }"),
  "bond with targets alone": bond("ports: [eno1, eno2], options: { arp_ip_target: 10.1.1.1 }"),
  "bond with a delay": bond("ports: [eno1, eno2], options: { updelay: 100 }"),
  "bond with two numbers": bond(
    "ports: [eno1, eno2], options: { num_grat_arp: 1, num_unsol_na: 2 }",
  ),
  "bridge without ports": one("br0: { type: bridge }"),
  "bridge of a bridge": one(
    "eno1: {}\nbr0: { type: bridge, bridge: { ports: [eno1] } }\nbr1: { type: bridge, bridge: { ports: [br0] } }",
  ),
  loop: one(
    "eno1: {}\na: { type: vlan, vlan: { id: 5, parent: br0 } }\nbr0: { type: bridge, bridge: { ports: [a, eno1] } }",
  ),
  "SSID missing": wifi("passphrase: { env: WIFI }"),
  "SSID empty": wifi('ssid: "", passphrase: { env: WIFI }'),
  "SSID too long": wifi("ssid: 'Café Zentrum am Marktplatz, Wlan', passphrase: { env: WIFI }"),
  "passphrase in Git": wifi("ssid: shop, passphrase: correct horse"),
  "passphrase missing": wifi("ssid: shop"),
  "passphrase of an open network": wifi("ssid: shop, security: open, passphrase: { env: WIFI }"),
  "security unknown": wifi("ssid: shop, security: wep"),
  "Wi-Fi alone": one(
    "eno1: { ipv4: { method: disabled }, ipv6: { method: disabled } }\nwlan0: { type: wifi, wifi: { ssid: shop, security: open } }",
  ),
  "no address at all": eno1("ipv4: { method: disabled }, ipv6: { method: link-local }"),
  "outside the site": { site: "network: 10.120.0.0/16", ...ipv4("addresses: [10.121.1.5/24]") },
  "outside the site, IPv6": {
    site: 'network: "2001:db8:1::/48"',
    ...ipv6('addresses: ["2001:db8:2::5/64"]'),
  },
  "inside K3s' pods": ipv4("addresses: [10.42.1.5/24]"),
  "inside the tunnel": ipv4("addresses: [100.64.1.5/24]"),
  "a range with one address": {
    range: interfacesText("eno1: { ipv4: { addresses: [10.1.1.5/24] } }"),
  },
  "a range with one MAC": { range: interfacesText('eno1: { macAddress: "52:54:00:12:34:56" }') },
  "a site with one address": {
    site: interfacesText("eno1: { ipv4: { addresses: [10.1.1.5/24] } }"),
  },
  "site's network, IPv6": { site: 'network: "2001:db8:1::5/48"' },
  "site's network invalid": { site: 'network: "2001:db8:1::/129"' },
  "direct without a zone": { override: 'connectivity: direct\naddress: "fe80::5%eno1"' },
  "direct link-local": { override: 'connectivity: direct\naddress: "fe80::5"' },
  "direct loopback": { override: 'connectivity: direct\naddress: "::1"' },
  "kernel arguments": {
    profile:
      "kernelArguments: [ip=dhcp, console=ttyS0, BOOTIF=01-52-54-00-12-34-56, rd.iscsi.ibft, ifname=x:52:54:00:12:34:56]",
    ...eno1(""),
  },
  "kernel names": { profile: "kernelArguments: [net.ifnames=0]", ...eno1("") },
};

const machines = interfacesText(
  "eno1: {}\neno2: { ipv4: { addresses: [192.168.0.1/24], neverDefault: true } }",
);

test.each<[string, Levels]>([
  ["a network of one machine, at each device", { site: machines }],
  ["a route to multicast", ipv4("routes: [{ to: 224.0.0.0/4 }]")],
  ["routes to both halves of IPv4", ipv4("routes: [{ to: 0.0.0.0/1 }, { to: 128.0.0.0/1 }]")],
  ["a route to half of IPv6", ipv6('routes: [{ to: "::/1" }]')],
])("no mistake: %s", (_, levels) => {
  expect(mistakesOf(levels)).toEqual([]);
});

test("a network that is the site's has each address once", () => {
  const site = `network: 192.168.0.0/24\n${machines}`;
  expect(mistakesOf({ site })).toEqual([expect.stringContaining("cannot share 192.168.0.1")]);
});

test("each mistake has its words and its place", async () => {
  const found = Object.entries(cases).map(([name, levels]) => {
    const lines = mistakesOf(levels).map((mistake) =>
      mistake.replace("devices.till-{1..2}.overrides.till-2.interfaces.", "…"),
    );
    return `# ${name}\n${lines.join("\n")}\n`;
  });
  await expect(found.join("\n")).toMatchFileSnapshot("interface-mistakes.txt");
});
