/** The keyfiles of declared interfaces, and where they are. */
import { describe, expect, test } from "vitest";
import { NetworkInterfaces } from "../../../edge/parts/network-interfaces.ts";
import type { DeviceInterface } from "../../../edge/parts/network-interfaces.ts";
import { interfacesOf } from "../../fleet/resolve/machine/machine-fleet.ts";
import { bareDevice, fileOf, inlineOf } from "../devices.ts";

const folder = "/etc/NetworkManager/system-connections";

function deviceWith(yaml: string, passphrase?: string) {
  const device = bareDevice();
  const interfaces = interfacesOf(yaml).map((each): DeviceInterface =>
    passphrase === undefined ? each : { ...each, wifiPassphrase: passphrase },
  );
  new NetworkInterfaces(device, "network-interfaces", { interfaces });
  return device;
}

/** A keyfile without its name and its identity. */
function keyfileOf(yaml: string, name: string, passphrase?: string): string {
  const text = inlineOf(deviceWith(yaml, passphrase), `${folder}/${name}.nmconnection`);
  return text.replaceAll(/^uuid=.*\n/gm, "");
}

test("a static address", () => {
  const yaml = `eno1:
  mtu: 9000
  ipv4:
    addresses: [10.120.1.20/24, 10.120.1.21/24]
    gateway: 10.120.1.1
    dns: [10.120.1.1, 1.1.1.1]
    dnsSearch: [shop.example.com]
    routes: [{ to: 10.9.0.0/16, via: 10.120.1.254, metric: 50 }, { to: 10.10.0.0/16 }]
    routeMetric: 90
  ipv6: { method: disabled }`;
  expect(keyfileOf(yaml, "eno1")).toBe(`[connection]
id=eno1
type=ethernet
interface-name=eno1
autoconnect=true

[ethernet]
mtu=9000

[ipv4]
address1=10.120.1.20/24
address2=10.120.1.21/24
gateway=10.120.1.1
dns=10.120.1.1;1.1.1.1;
dns-search=shop.example.com;
method=manual
route-metric=90
route1=10.9.0.0/16,10.120.1.254,50
route2=10.10.0.0/16

[ipv6]
method=disabled
`);
});

test("a MAC address takes the place of the interface's name", () => {
  const text = keyfileOf('lan: { macAddress: "52:54:00:ab:cd:ef" }', "lan");
  expect(text).toContain("[ethernet]\nmac-address=52:54:00:AB:CD:EF\n");
  expect(text).not.toContain("interface-name");
});

describe("interfaces on others", () => {
  const yaml = `eno1: {}
eno2: {}
bond0:
  type: bond
  bond: { mode: 802.3ad, ports: [eno1, eno2], options: { miimon: 100, lacp_rate: fast } }
  ipv4: { method: disabled }
  ipv6: { method: disabled }
bond0.20:
  type: vlan
  vlan: { id: 20, parent: bond0 }
  ipv4: { neverDefault: true, ignoreAutoDns: true }
br0: { type: bridge, bridge: { ports: [eno3], stp: true } }
eno3: {}`;
  const device = deviceWith(yaml);
  const text = (name: string) => inlineOf(device, `${folder}/${name}.nmconnection`);
  const uuidOf = (name: string) => /^uuid=(.*)$/m.exec(text(name))?.[1];

  test("a port has no addresses, and names its bond", () => {
    expect(text("eno1")).toBe(`[connection]
id=eno1
uuid=${uuidOf("eno1")}
type=ethernet
interface-name=eno1
autoconnect=true
master=${uuidOf("bond0")}
slave-type=bond
`);
  });

  test("a bond", () => {
    expect(text("bond0")).toContain("[bond]\nmode=802.3ad\nlacp_rate=fast\nmiimon=100\n");
  });

  test("a VLAN names its parent", () => {
    expect(text("bond0.20")).toContain(`[vlan]\nflags=1\nid=20\nparent=${uuidOf("bond0")}\n`);
    expect(text("bond0.20")).toContain(
      "[ipv4]\nignore-auto-dns=true\nmethod=auto\nnever-default=true\n",
    );
  });

  test("a bridge", () => {
    expect(text("br0")).toContain("[bridge]\nstp=true\n");
    expect(text("eno3")).toContain(`master=${uuidOf("br0")}\nslave-type=bridge\n`);
  });

  test("all of them are for the installer too, and for root alone", () => {
    const names = ["bond0.20", "bond0", "br0", "eno1", "eno2", "eno3"];
    expect([...device.installerKeyfiles]).toEqual(
      names.map((name) => [`${name}.nmconnection`, text(name)]),
    );
    expect(fileOf(device, `${folder}/eno1.nmconnection`).mode).toBe(0o600);
  });
});

describe("Wi-Fi", () => {
  const yaml = (ssid: string, rest = "passphrase: { env: WIFI }") =>
    `wlan0: { type: wifi, wifi: { ssid: ${JSON.stringify(ssid)}, ${rest} } }`;

  test("with a passphrase", () => {
    const text = keyfileOf(yaml("shop"), "wlan0", "correct horse");
    expect(text).toContain("[wifi-security]\nkey-mgmt=wpa-psk\npsk=correct horse\n");
    expect(text).toContain("[wifi]\nmode=infrastructure\nssid=shop\n");
  });

  test("WPA3, and a hidden network", () => {
    const rest = "security: wpa3, hidden: true, passphrase: { file: wifi }";
    const text = keyfileOf(yaml("shop", rest), "wlan0", String.raw` \1 23456 `);
    expect(text).toContain(`[wifi-security]\nkey-mgmt=sae\npsk=${String.raw`\s\\1 23456\s`}\n`);
    expect(text).toContain("[wifi]\nhidden=true\nmode=infrastructure\nssid=shop\n");
  });

  test("an open network has no section of security", () => {
    expect(keyfileOf(yaml("shop", "security: open"), "wlan0")).not.toContain("security");
  });

  test.each([
    ["Café", "67;97;102;195;169;"],
    ["1;2", "49;59;50;"],
    [" x", "32;120;"],
  ])("the SSID %j is written in bytes", (ssid, bytes) => {
    expect(keyfileOf(yaml(ssid), "wlan0", "correct horse")).toContain(`\nssid=${bytes}\n`);
  });

  test("is not in the installer, which has no software for it", () => {
    expect(deviceWith(yaml("shop"), "correct horse").installerKeyfiles.size).toBe(0);
  });
});
