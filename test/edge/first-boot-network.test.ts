/**
 * What remains of the first boot's network in the installed system. A stand-in plays Fedora CoreOS' scripts
 * by their description (first-boot-stand-in.ts).
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { installedArguments } from "../../edge/first-boot-network.ts";
import { installFiles } from "../../edge/installer/embedded-install.ts";
import { initrdAppendix } from "../../edge/installer/pxe.ts";
import { unpackInitramfs } from "../../edge/formats/initramfs.ts";
import { installationOf } from "../../edge/installer/installation.ts";
import { installerSettings } from "../../edge/installer/live-install.ts";
import { nestedInstall } from "../../edge/installer/nested-install.ts";
import { resourceContents, type Resource } from "../../edge/iso/resource.ts";
import type { Device, Snippet } from "../../fleet/model/device.ts";
import { composed, sampleDevice } from "./devices.ts";
import { interfacesOf } from "../fleet/resolve/machine/machine-fleet.ts";
import { connectionsAfter, generator, initramfsOf, type FirstBoot } from "./first-boot-stand-in.ts";

const store = sampleDevice("store-01");
const ours = "wg-hub.nmconnection";
const address = "ip=10.1.1.5::10.1.1.1:255.255.255.0:shop-1:eno1:none";

function snippet(body: string): Snippet {
  return { text: `variant: fcos\nversion: 1.5.0\n${body}`, file: "fleet.yaml", line: 1, column: 1 };
}

const nested = `ignition:
  config:
    merge:
      - inline: '{"ignition":{"version":"3.4.0"},"storage":{"files":[{"path":"/etc/NetworkManager/system-connections/eno1.nmconnection","mode":384,"contents":{"source":"data:,x"}}]}}'
`;

const keyfile = (name: string) =>
  snippet(`storage:
  files:
    - path: /etc/NetworkManager/system-connections/${name}.nmconnection
      mode: 0600
      contents: { inline: "declared ${name}" }
`);

function deviceWith(kernelArguments: readonly string[], snippets: readonly Snippet[] = []) {
  const device: Device = { ...store, profile: { ...store.profile, kernelArguments }, snippets };
  return composed(device);
}

interface Config {
  ignition?: { config?: { merge?: Resource[] } };
  storage?: { files?: { path: string; contents: Resource }[] };
}

/** The files that Ignition writes, with those of the merged snippets. */
function filesOf(config: Config): [string, string][] {
  const textOf = (resource: Resource) =>
    Buffer.from(resourceContents(resource, 1_048_576) ?? []).toString();
  const merged = (config.ignition?.config?.merge ?? []).flatMap((resource) =>
    filesOf(JSON.parse(textOf(resource)) as Config),
  );
  const own = (config.storage?.files ?? []).map(({ path, contents }): [string, string] => [
    path,
    textOf(contents),
  ]);
  return [...own, ...merged];
}

function played(
  kernelArguments: readonly string[],
  snippets: readonly Snippet[] = [],
  rest: Partial<FirstBoot> = {},
) {
  const installation = installationOf(deviceWith(kernelArguments, snippets));
  const files = new Map(filesOf(JSON.parse(installation.ignition) as Config));
  return connectionsAfter({ installer: installerSettings(installation), files, ...rest });
}

describe.skipIf(generator === undefined)(
  "the installed system (needs the peer nm-initrd-generator)",
  () => {
    test("without declared settings it has only the tunnel, and uses DHCP", () => {
      expect([...played([]).keys()]).toEqual([ours]);
    });

    test("a static address and a name server stay", () => {
      const connections = played([address, "nameserver=10.1.1.1"]);
      expect([...connections.keys()]).toEqual([ours, "eno1.nmconnection"]);
      expect(connections.get("eno1.nmconnection")).toContain("address1=10.1.1.5/24,10.1.1.1\n");
      expect(connections.get("eno1.nmconnection")).toContain("dns=10.1.1.1;\n");
    });

    test.each<[string, string[], string[]]>([
      ["two NICs", [address, "ip=10.2.0.5::10.2.0.1:24::eno2:none"], ["eno1", "eno2"]],
      ["DHCP on one of several", ["ip=eno2:dhcp"], ["eno2"]],
      ["with rd.neednet", ["rd.neednet=1", address], ["eno1"]],
      [
        "a bond",
        ["bond=bond0:em1,em2:mode=active-backup", "ip=10.1.1.5::10.1.1.1:24::bond0:none"],
        ["bond0", "em1", "em2"],
      ],
      ["a VLAN", ["vlan=vlan20:eno1", "ip=10.1.1.5::10.1.1.1:24::vlan20:none"], ["eno1", "vlan20"]],
      ["a bridge", ["bridge=br0:eno1", "ip=10.1.1.5::10.1.1.1:24::br0:none"], ["br0", "eno1"]],
      ["IPv6", ["ip=[2001:db8::5]::[2001:db8::1]:64::eno1:none"], ["eno1"]],
      ["a MAC address", [address.replace("eno1", "52-54-00-12-34-56")], ["52:54:00:12:34:56"]],
    ])("%s", (_, declared, names) => {
      const found = [...played(declared).keys()].toSorted();
      expect(found).toEqual([...names.map((name) => `${name}.nmconnection`), ours].toSorted());
    });

    test("an address without an interface stays", () => {
      const connections = played(["ip=10.1.1.5::10.1.1.1:24:::none"]);
      expect([...connections.values()].join("")).toContain("address1=10.1.1.5/24,10.1.1.1\n");
    });

    test("keyfiles of a customized ISO or initrd stay", () => {
      const embedded = new Map([["lan.nmconnection", "[connection]\nid=lan\n"]]);
      expect(played([], [], { embedded }).get("lan.nmconnection")).toBe("[connection]\nid=lan\n");
    });

    test("settings on the live system's command line stay (PXE, a customized ISO)", () => {
      const connections = played([], [], { liveCommandLine: [address] });
      expect(connections.get("eno1.nmconnection")).toContain("address1=10.1.1.5/24,10.1.1.1\n");
    });

    test("an argument in an operator's Butane stays", () => {
      const own = snippet(`kernel_arguments: { should_exist: ["${address}"] }\n`);
      const connections = played([], [own], { laterArguments: [address] });
      expect([...connections.keys()]).toContain("eno1.nmconnection");
    });

    test("an operator's keyfile for another interface changes nothing", () => {
      const connections = played([address], [keyfile("wlan0")]);
      expect(connections.get("wlan0.nmconnection")).toBe("declared wlan0");
      expect(connections.get("eno1.nmconnection")).toContain("address1=10.1.1.5/24,10.1.1.1\n");
    });

    test("an operator's keyfile for the same interface is not overwritten", () => {
      const connections = played([address], [keyfile("eno1")]);
      expect(connections.get("eno1.nmconnection")).toBe("declared eno1");
    });

    test.each([
      ["by a configuration in it", nested],
      [
        "by a link",
        "storage: { links: [{ path: /etc/NetworkManager/system-connections/eno1.nmconnection, target: /opt/x }] }\n",
      ],
    ])("an operator's keyfile %s is not overwritten", (_, body) => {
      const { kernelArguments } = installationOf(deviceWith([address], [snippet(body)]));
      expect(kernelArguments).toEqual([address]);
    });

    test("an argument of a configuration in a snippet stays", () => {
      const inner = `{"ignition":{"version":"3.4.0"},"kernelArguments":{"shouldExist":["${address}"]}}`;
      const own = snippet(`ignition: { config: { merge: [{ inline: '${inner}' }] } }\n`);
      const { kernelArguments } = installationOf(deviceWith([], [keyfile("wlan0"), own]));
      expect(kernelArguments).toEqual(["coreos.force_persist_ip"]);
    });

    test("no keyfile of an operator is ever overwritten, whatever the arguments", () => {
      const wired = fc.constantFrom("eno1", "eno2", "52-54-00-12-34-ab", "52-54-00-12-34-AB");
      const argument = fc.oneof(
        wired.map((name) => `ip=10.1.1.5::10.1.1.1:24::${name}:none`),
        wired.map((name) => `ip=${name}:dhcp`),
        wired.map((name) => `bootdev=${name}`),
        fc.constantFrom(
          "ip=dhcp",
          "ip=10.1.1.5::10.1.1.1:24:::none",
          "BOOTIF=01-52-54-00-12-34-56",
          "bootif=52:54:00:12:34:56",
          "nameserver=10.1.1.1",
          "rd.route=10.2.0.0/16:10.1.1.1",
          "rd.route=10.2.0.0/16:10.1.1.1:eno2",
          "vlan=eno1.5:eno1",
          "bond=bond0:eno1,eno2",
          "team=team0:eno1",
          "bridge=br0:eno2",
          "ib.pkey=ib0.8001",
          "rd.ethtool=eno1:off",
        ),
      );
      const name = fc.constantFrom(
        "eno1",
        "eno2",
        "lan",
        "default_connection",
        "bootif_connection",
        "eno1.5",
        "bond0",
        "br0",
        "team0",
        "ib0.8001",
        "52:54:00:12:34:AB",
        "52:54:00:12:34:ab",
      );
      fc.assert(
        fc.property(fc.array(argument, { maxLength: 3 }), name, (words, own) => {
          const after = played(words, [keyfile(own)]).get(`${own}.nmconnection`);
          expect(after).toBe(`declared ${own}`);
        }),
        { numRuns: 40 },
      );
    });

    test("without Flotilla's argument, an operator's keyfile replaces the initramfs' network, as in Fedora", () => {
      const embedded = new Map([["lan.nmconnection", "of the ISO"]]);
      const connections = played([], [keyfile("lan")], { embedded });
      expect(connections.get("lan.nmconnection")).toBe("declared lan");
    });

    test("an operator can forbid it", () => {
      expect([...played([address, "coreos.force_persist_ip=0"]).keys()]).toEqual([ours]);
      expect([...played([address, "coreos.no_persist_ip"]).keys()]).toEqual([ours]);
    });
  },
);

describe("declared interfaces", () => {
  const yaml = `eno1: { ipv4: { addresses: [10.1.1.5/24], gateway: 10.1.1.1 } }
wlan0: { type: wifi, wifi: { ssid: shop, security: open } }
`;
  const installation = installationOf(
    composed({ ...store, machine: { interfaces: interfacesOf(yaml) } }),
  );
  const files = new Map(filesOf(JSON.parse(installation.ignition) as Config));
  const boot = { installer: installerSettings(installation), files };

  test("are the same in the live system, in the initramfs and in the installed system", () => {
    const embedded = installation.keyfiles;
    expect([...embedded.keys()]).toEqual(["eno1.nmconnection"]);
    expect(initramfsOf({ ...boot, embedded })).toEqual(embedded);
    const connections = connectionsAfter({ ...boot, embedded });
    expect([...connections.keys()]).toEqual(["eno1.nmconnection", ours, "wlan0.nmconnection"]);
    expect(connections.get("eno1.nmconnection")).toBe(embedded.get("eno1.nmconnection"));
  });

  test("need nothing carried over, and so nothing else stays", () => {
    expect(installation.kernelArguments).toEqual([]);
    const embedded = new Map([...installation.keyfiles, ["lan.nmconnection", "of the ISO"]]);
    expect([...connectionsAfter({ ...boot, embedded }).keys()]).not.toContain("lan.nmconnection");
  });

  test("are in the embed area, and in the appendix for PXE", () => {
    const path = "etc/coreos-firstboot-network/eno1.nmconnection";
    const text = installation.keyfiles.get("eno1.nmconnection");
    for (const method of ["installer.d", "nested"] as const) {
      expect(Buffer.from(installFiles(installation, method).get(path) ?? []).toString()).toBe(text);
      const appendix = unpackInitramfs(initrdAppendix(installFiles(installation, method)), 2 ** 24);
      expect(Buffer.from(appendix.get(path) ?? []).toString()).toBe(text);
    }
  });

  test("are in the live system of an old ISO, whose initramfs does not read them", () => {
    const live = JSON.parse(nestedInstall(installation).ignition) as Config;
    const path = "/etc/NetworkManager/system-connections/eno1.nmconnection";
    expect(new Map(filesOf(live)).get(path)).toBe(installation.keyfiles.get("eno1.nmconnection"));
  });
});

describe("the kernel's arguments", () => {
  test("keep their order, and one is added at the end", () => {
    const declared = ["console=ttyS0", address];
    expect(installedArguments(deviceWith(declared))).toEqual([
      ...declared,
      "coreos.force_persist_ip",
    ]);
  });

  test("of a device without a tunnel are those that it declares", () => {
    const direct = composed({ ...store, connectivity: "direct" });
    expect(installedArguments(direct)).toEqual(direct.kernelArguments);
  });
});

test("an old live ISO copies its network, too", () => {
  const { butane } = nestedInstall(installationOf(deviceWith([address])));
  expect(butane).toContain(
    ` --copy-network --append-karg ${address} --append-karg coreos.force_persist_ip`,
  );
});
