/** The props of Flotilla's own parts, used without a fleet: what fleet.yaml refuses is refused here, in its words. */
import { Construct } from "constructs";
import { describe, expect, test } from "vitest";
import * as edge from "../../edge/index.ts";
import { EdgeDevice } from "../../edge/device.ts";
import { mistakesOf, type Levels } from "../fleet/resolve/machine/machine-fleet.ts";
import { bareDevice, deviceForK3s } from "./devices.ts";
import { otherTypes } from "./other-types.ts";
import {
  ethernet,
  ip,
  otherDisk,
  pem,
  statically,
  valid,
  window,
  type Props,
} from "./valid-props.ts";

type Part = new (scope: Construct, id: string, props?: unknown) => Construct;

const classes = edge as unknown as Readonly<Record<string, Part>>;
const withoutProps = [
  "AuditPolicy",
  "CertificateReport",
  "ConsoleMessages",
  "DiskEncryption",
  "PodNameServers",
  "SelinuxPolicy",
  "UpdateReport",
];

test("every part that the package exports is in the table", () => {
  const parts = Object.entries(classes)
    .filter(([, each]) => typeof each === "function" && each.prototype instanceof Construct)
    .map(([name]) => name)
    .filter((name) => !["EdgeApp", "EdgeDevice", "EdgeImage"].includes(name));
  expect(parts.toSorted()).toEqual([...Object.keys(valid), ...withoutProps].toSorted());
});

/** A device with the part, whose path is `store-01/part`. */
function deviceWith(name: string, props: unknown): EdgeDevice {
  // They need others.
  const device = ["K3sServer", "NodeAddress"].includes(name) ? deviceForK3s() : bareDevice();
  if (name === "NodeAddress") new edge.K3sServer(device, "k3s", valid["K3sServer"] as never);
  const PartClass = classes[name];
  if (PartClass === undefined) throw new Error(`no part ${name}`);
  new PartClass(device, "part", props);
  return device;
}

/** The mistakes that it reports, one in each line. */
function said(name: string, props: unknown): readonly string[] {
  try {
    deviceWith(name, props);
    return [];
  } catch (error) {
    expect((error as Error).name).toBe("InputError");
    return (error as Error).message.split("\n");
  }
}

describe.each(Object.entries(valid))("%s", (name, props) => {
  test("takes valid props, and those of a subclass beside them", () => {
    expect(said(name, props)).toEqual([]);
    expect(said(name, { ...props, own: 1 })).toEqual([]);
    expect(deviceWith(name, props).toButane()).not.toMatch(/undefined|NaN|\[object/);
  });

  const wrong = [...otherTypes, "a b", "a\nb", "ä", ["a\nb"]];
  test("takes no value of another type, and names the prop", () => {
    for (const key of Object.keys(props)) {
      for (const value of wrong) {
        const lines = said(name, { ...props, [key]: value });
        for (const line of lines) {
          expect(line).toMatch(/^store-01\/part: /);
          expect(line).toContain(key);
          expect(line).toMatch(
            /\. (Write|Delete|Did you mean|Omit)\b.*[.?]$|Write .*[.?]$|mean .*\?$/,
          );
        }
        // What is accepted becomes a device.
        if (lines.length > 0) continue;
        const butane = deviceWith(name, { ...props, [key]: value }).toButane();
        expect([key, butane]).toEqual([key, expect.not.stringMatching(/undefined|NaN|\[object/)]);
      }
    }
  });

  test("misses what is required, and finds it under a misspelled name", () => {
    for (const key of Object.keys(props)) {
      const { [key]: value, ...rest } = props;
      const lines = said(name, rest);
      for (const line of lines) {
        expect(line).toMatch(
          new RegExp(`"${key}" is missing. Write it here|${key}: this is not a Map`),
        );
      }
      if (name === "DataVolume" && key === "disk") continue;
      expect(said(name, { ...rest, [`${key}x`]: value })).toContainEqual(
        expect.stringContaining(`unknown prop "${key}x". Did you mean ${key}?`),
      );
    }
    expect(said(name, null)).toEqual([
      expect.stringContaining("found nothing in place of the props"),
    ]);
  });
});

/** A part, props that are wrong, and what fleet.yaml has in place of them. */
const asInFleet: readonly [name: string, props: Props, levels: Levels][] = [
  ["TimeZone", { timeZone: "Europe/Dubln" }, { site: "timeZone: Europe/Dubln" }],
  ["ClockSync", { servers: ["a b"] }, { site: "ntpServers: [a b]" }],
  ["ClockSync", { servers: [] }, { site: "ntpServers: []" }],
  [
    "SshAccess",
    { keys: ["ssh-ed25519 AAAA"] },
    { site: "users: { ann: { sshKeys: [ssh-ed25519 AAAA] } }" },
  ],
  ["LocalUser", { name: "Ann" }, { site: "users: { Ann: {} }" }],
  ["LocalUser", { name: "chrony" }, { site: "users: { chrony: {} }" }],
  ["BootMirror", { disks: ["/dev/sda"] }, { disk: "{ mirror: [/dev/sda] }" }],
  [
    "BootMirror",
    { disks: ["/dev/sda", "/dev/sda1"] },
    { disk: "{ mirror: [/dev/sda, /dev/sda1] }" },
  ],
  [
    "DataVolume",
    { path: "/etc", disk: otherDisk },
    { site: `data: { path: /etc, disk: ${otherDisk} }` },
  ],
  [
    "DataVolume",
    { path: "/var/tmp", disk: otherDisk },
    { site: `data: { path: /var/tmp, disk: ${otherDisk} }` },
  ],
  [
    "DataVolume",
    { path: "/var/a", disk: "/dev/sdb" },
    { site: "data: { path: /var/a, disk: /dev/sdb }" },
  ],
  [
    "DataVolume",
    { path: "/var/a", rootMiB: 4096 },
    { site: "data: { path: /var/a, rootSize: 4096Mi }" },
  ],
  [
    "HttpProxy",
    { https: "proxy", except: [], exceptOfK3s: [] },
    { site: "proxy: { https: proxy }" },
  ],
  [
    "HttpProxy",
    { https: "http://a.example:1", except: ["*.b"], exceptOfK3s: [] },
    { site: 'proxy: { https: "http://a.example:1", except: ["*.b"] }' },
  ],
  ["RegistryMirror", { endpoint: "a" }, { site: "mirror: { registry: a }" }],
  [
    "ContainerRegistries",
    { mirrors: { "https://a": { endpoints: ["https://b.example"] } } },
    { site: 'registries: { mirrors: { "https://a": { endpoints: [https://b.example] } } }' },
  ],
  [
    "ContainerRegistries",
    { mirrors: { "a.example": { endpoints: ["https://b.example/c"] } } },
    { site: "registries: { mirrors: { a.example: { endpoints: [https://b.example/c] } } }" },
  ],
  [
    "ContainerRegistries",
    { mirrors: { "a.example": { endpoints: ["https://a.example"], rewrite: { "^a": "b" } } } },
    {
      site: "registries: { mirrors: { a.example: { endpoints: [https://a.example], rewrite: { ^a: b } } } }",
    },
  ],
  ...(
    [
      ["disable", ["traefic"], "[traefic]"],
      ["nodeTaints", ["a"], "[a]"],
      ["nodeTaints", ["a:NoSchedule", "a=b:NoSchedule"], "[a:NoSchedule, a=b:NoSchedule]"],
      ["nodeLabels", { "a b": "" }, '{ "a b": "" }'],
      ["nodeLabels", { "k3s.io/a": "" }, '{ k3s.io/a: "" }'],
      ["kubeletArguments", ["max-podz=1"], "{ max-podz: 1 }"],
      ["apiServerArguments", ["anonymous-auth=true"], "{ anonymous-auth: true }"],
      ["nodeAddress", "127.0.0.1", "127.0.0.1"],
      ["podRange", "10.43.0.0/16", "10.43.0.0/16"],
      ["serviceRange", "10.43.0.0/30", "10.43.0.0/30"],
    ] as const
  ).map(([key, value, yaml]): [string, Props, Levels] => [
    "K3sServer",
    { ...valid["K3sServer"], node: { [key]: value } },
    { site: `k3s: { ${key}: ${yaml} }` },
  ]),
  ...(
    [
      [{ gateway: "10.9.0.1" }, "gateway: 10.9.0.1"],
      [{ dns: ["a"] }, "dns: [a]"],
      [{ routes: [{ to: "10.9.0.1/16" }] }, "routes: [{ to: 10.9.0.1/16 }]"],
      [{ addresses: ["10.1.0.5"] }, "addresses: [10.1.0.5]"],
      [{ addresses: ["10.1.0.0/24"] }, "addresses: [10.1.0.0/24]"],
    ] as const
  ).map(([rest, yaml]): [string, Props, Levels] => [
    "NetworkInterfaces",
    statically(rest),
    {
      site: `interfaces: { eno1: { ipv4: { ${yaml}${yaml.startsWith("add") ? "" : ", addresses: [10.1.0.5/24]"} } } }`,
    },
  ]),
  [
    "NetworkInterfaces",
    {
      interfaces: [
        ethernet,
        { ...ethernet, name: "v", type: "vlan", vlan: { id: 5, parent: "eno2" } },
      ],
    },
    { site: "interfaces: { eno1: {}, v: { type: vlan, vlan: { id: 5, parent: eno2 } } }" },
  ],
  [
    "NetworkInterfaces",
    { interfaces: [{ ...ethernet, name: "cni0" }] },
    { site: "interfaces: { cni0: {} }" },
  ],
  [
    "NetworkInterfaces",
    { interfaces: [{ ...ethernet, mtu: 9 }] },
    { site: "interfaces: { eno1: { mtu: 9 } }" },
  ],
  [
    "UpdateStrategy",
    { ...valid["UpdateStrategy"], windows: [{ ...window, start: "2:00" }] },
    { site: 'maintenance: { start: "2:00" }' },
  ],
  [
    "UpdateStrategy",
    { ...valid["UpdateStrategy"], windows: [{ ...window, lengthMinutes: 5 }] },
    { site: "maintenance: { lengthMinutes: 5 }" },
  ],
  [
    "UpdateStrategy",
    { ...valid["UpdateStrategy"], windows: [window, { ...window, start: "02:30" }] },
    {
      site: 'maintenance: { days: [Mon], start: "02:00", lengthMinutes: 60, also: [{ days: [Mon], start: "02:30", lengthMinutes: 60 }] }',
    },
  ],
];

describe("as in fleet.yaml", () => {
  test.each(asInFleet)("%s %j", (name, props, levels) => {
    const messages = (lines: readonly string[]) =>
      new Set(lines.map((line) => line.replace(/^.*?: \S+(?: \S+)??: |^[^:]*: /, "")));
    const inFleet = mistakesOf(levels).map((line) => line.replace(/^.*? /, ""));
    expect(inFleet).not.toEqual([]);
    const own = said(name, props).map((line) => line.replace("store-01/part: ", ""));
    // The paths differ, and so does the name of one key.
    const last = (line: string) => [...messages([`x: ${line}`])][0] ?? "";
    for (const line of own) {
      expect(inFleet.some((each) => each.endsWith(last(line)))).toBe(true);
    }
    expect(own.length).toBeGreaterThan(0);
  });
});

test("all mistakes of a part are reported at once, and a secret is not repeated", () => {
  expect(
    said("HubTunnel", {
      ...valid["HubTunnel"],
      privateKey: "canary-word",
      address: "100.64.0",
      gatewayEndpoint: "gateway",
    }),
  ).toEqual([
    "store-01/part: privateKey: this is not a key of WireGuard. Write 32 bytes in base64, as wg genkey does.",
    'store-01/part: address: "100.64.0" is not a valid IPv4 address. Write four numbers from 0 to 255, like 203.0.113.7.',
    'store-01/part: gatewayEndpoint: "gateway" is not a valid endpoint. Write a host and a UDP port, like gateway.example.com:51820.',
  ]);
  for (const [name, key, more] of [
    ["K3sServer", "token", {}],
    ["HttpProxy", "login", {}],
    ["LocalUser", "passwordHash", {}],
    ["TrustedAuthorities", "authorities", { authorities: ["canary-word\n"] }],
    ["CertificateAuthorities", "files", { files: new Map([["client-ca.key", "canary-word\n"]]) }],
  ] as const) {
    const lines = said(name, { ...valid[name], [key]: "canary-word\n", ...more });
    expect([name, lines.length]).toEqual([name, 1]);
    expect(lines.join()).not.toContain("canary-word");
  }
});

describe("rules for what no fleet file can have", () => {
  const second = { ...ethernet, name: "eno2", ipv4: { ...ip, method: "disabled" } };
  const bridge = {
    ...ethernet,
    name: "br0",
    type: "bridge",
    bridge: { ports: ["eno2"], stp: false },
  };
  const cases: readonly [name: string, props: Props, line: string][] = [
    [
      "NetworkInterfaces",
      { interfaces: [ethernet, ethernet] },
      'interfaces.1.name: "eno1" appears twice in this list.',
    ],
    [
      "NetworkInterfaces",
      { interfaces: [{ ...ethernet, type: "vlan" }] },
      'interfaces.0: "vlan" is missing.',
    ],
    [
      "NetworkInterfaces",
      { interfaces: [ethernet, { ...second, ipv6: second.ipv4 }, bridge] },
      "interfaces.eno2.controller: eno2 is a port of br0. Write controller:",
    ],
    [
      "NetworkInterfaces",
      { interfaces: [{ ...ethernet, macAddress: "5254.0012.3456" }] },
      'interfaces.eno1.macAddress: "5254.0012.3456" is not in the notation of NetworkManager. Write 52:54:00:12:34:56.',
    ],
    ["NodeAddress", { nodeInterface: "10.0.0.1" }, 'nodeInterface: "10.0.0.1" is an address.'],
    [
      "HubGenerations",
      {
        deviceAuthority: pem,
        hub: [2, 1].map((generation) => ({ generation, authority: pem, gatewayKey: null })),
      },
      "hub.1.generation: generation 1 is not above 2, which is before it.",
    ],
    [
      "K3sServer",
      { ...valid["K3sServer"], node: { nodeAddress: "10.1.0.5", nodeInterface: "eno1" } },
      "node.nodeInterface: nodeAddress excludes nodeInterface.",
    ],
    [
      "TrustedAuthorities",
      { authorities: ["-----BEGIN PRIVATE KEY-----"] },
      "authorities.0: this is a private key.",
    ],
  ];
  test.each(cases)("%s %j", (name, props, line) => {
    expect(said(name, props)).toEqual([expect.stringContaining(`store-01/part: ${line}`)]);
  });
});

test("groups of users are checked when all users are there", () => {
  const device = bareDevice();
  new edge.LocalUser(device, "one", { name: "bob", groups: ["ann", "nobody-knows"] });
  new edge.LocalUser(device, "two", { name: "ann", groups: ["bob"] });
  expect(device.validate()).toEqual([
    expect.stringMatching(
      /^store-01\/one: the group "nobody-knows" does not exist on Fedora CoreOS/,
    ),
    expect.stringMatching(
      /^store-01\/two: the group bob is that of a user who is made after ann\./,
    ),
  ]);
});
