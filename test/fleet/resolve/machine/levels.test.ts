/** What a level removes by null: the device is as if no earlier level said it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { InputError } from "../../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../../fleet/grammar/source.ts";
import { isMapping, type Values } from "../../../../fleet/model/values.ts";
import { declareFleet } from "../../../../fleet/resolve/declaration.ts";
import { mergedLevels } from "../../../../fleet/resolve/machine/levels.ts";
import { devicesOf, fleetText, mistakesOf } from "./machine-fleet.ts";

/** Everything that levels share, but for `disk`, which is one value. */
const everything = parse(`
labels: { role: till, shelf: s7 }
interfaces:
  eno1:
    mtu: 1400
    ipv4: { addresses: [10.1.7.5/24], gateway: 10.1.7.1, dns: [10.1.7.2], dnsSearch: [pier.example], routes: [{ to: 10.9.0.0/16, via: 10.1.7.9 }], routeMetric: 207 }
    ipv6: { method: auto, ignoreAutoDns: true, neverDefault: true }
  eno1.20: { type: vlan, vlan: { id: 20, parent: eno1 } }
  eno2: { macAddress: "52:54:00:aa:00:01" }
  eno3: {}
  bond0: { type: bond, bond: { mode: active-backup, ports: [eno2, eno3], options: { miimon: 103 } } }
  eno4: {}
  br7: { type: bridge, bridge: { ports: [eno4], stp: true } }
  wlan0: { type: wifi, wifi: { ssid: Pier, security: wpa3, hidden: true, passphrase: { env: WIFI } } }
k3s:
  disable: [traefik]
  nodeLabels: { example.com/zone: z9 }
  deviceLabels: true
  nodeTaints: ["example.com/till=only:NoSchedule"]
  nodeAddress: eno1
  followAddress: true
  kubeletArguments: { max-pods: 77 }
  apiServerArguments: { event-ttl: 33m0s }
  podRange: 10.62.0.0/16
  serviceRange: 10.63.0.0/16
data: { disk: /dev/disk/by-id/ata-B, path: /var/lib/till, filesystem: ext4, keep: false }
ntpServers: [ntp.pier.example]
users:
  anna: { groups: [wheel], passwordHash: { file: anna.hash } }
  bob: { passwordHash: { env: BOB_HASH } }
proxy: { http: "http://proxy.example:3128", https: "http://proxy.example:3129", except: [intern.example], login: { file: proxy.login } }
certificateAuthorities: [company.pem]
gateway: { port: 8443, endpoints: [gate2.example] }
registries:
  mirrors: { docker.io: { endpoints: ["https://mirror.example:5000"], rewrite: { "^library/(.*)": "hub/$1" } } }
  hosts:
    mirror.example:5000: { login: { username: puller, password: { env: WORD } }, certificateAuthority: company.pem, clientCertificate: { file: client.pem }, clientKey: { env: KEY } }
    lab.example: { insecureSkipVerify: true }
`) as Values;

/** A reference to a secret is one value. */
const isOne = (value: Values) => Object.keys(value).every((key) => ["file", "env"].includes(key));

/** The path of every key. */
function pathsIn(values: Values, path: readonly string[] = []): (readonly string[])[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const inner = isMapping(value) && !isOne(value) ? pathsIn(value, [...path, key]) : [];
    return [[...path, key], ...inner];
  });
}

function without(values: Values, [key = "", ...rest]: readonly string[]): Values {
  const { [key]: value, ...others } = values;
  return rest.length === 0 ? others : { ...values, [key]: without(value as Values, rest) };
}

const nullAt = (path: readonly string[]): unknown =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), null);

type Levels = Parameters<typeof fleetText>[0];

/** A fleet whose only device is till-2. */
const oneDevice = (levels: Levels) => fleetText(levels).replace("till-{1..2}:", "till-2:");

/** What becomes of the device, or what is wrong with it, without places. */
function outcome(levels: Levels): unknown {
  try {
    const [device] = declareFleet(parseSource("fleet.yaml", oneDevice(levels))).devices;
    const { machine = {}, labels } = device ?? {};
    const text = JSON.stringify({ machine, labels }, (key, value: unknown) =>
      key === "place" ? undefined : value,
    );
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map(({ message }) => message).toSorted();
  }
}

const paths = pathsIn(everything);

test("everything is valid, and there are many keys", () => {
  expect(outcome({ profile: stringify(everything) })).toHaveProperty("machine.registries.hosts");
  expect(paths.length).toBeGreaterThan(70);
});

test.each(paths.map((path) => [path.join(" "), path] as const))("null removes %s", (_, path) => {
  const removed = outcome({ profile: stringify(everything), range: stringify(nullAt(path)) });
  expect(removed).toEqual(outcome({ profile: stringify(without(everything, path)) }));
});

test("null removes what the profile, the site and the range say, and a later level can say it again", () => {
  const labels = ["a", "b", "c"];
  const levels = {
    profile:
      "gateway: { port: 8443 }\nlabels: { a: 1a, b: 1b, c: 1c }\nusers: { ann: { groups: [sudo] } }",
    site: "gateway: { endpoints: [gw.example.com] }\nlabels: { a: 2a }",
    range:
      "gateway: ~\nlabels: { b: null }\nusers: null\ndescription: A till\ntimeZone: Asia/Tokyo",
    override:
      "gateway: { endpoints: [other.example.com] }\nlabels: null\ndescription: null\ntimeZone: null",
  };
  const [first, second] = devicesOf(levels);
  expect(first.machine).toBeUndefined();
  expect(labels.map((label) => first.labels[label])).toEqual(["2a", undefined, "1c"]);
  expect([first.description, first.timeZone]).toEqual(["A till", "Asia/Tokyo"]);
  expect(second.machine).toEqual({ gateway: { port: null, hosts: ["other.example.com"] } });
  expect(second.labels).toEqual({});
  expect([second.description, second.timeZone]).toEqual([undefined, undefined]);
});

const snippet = (path: string) =>
  `butane: |\n  variant: fcos\n  version: 1.5.0\n  storage: { directories: [{ path: ${path} }] }`;

test("null removes your own Butane and your own parts", () => {
  const levels = {
    profile: `${snippet("/etc/one")}\nparts: { kiosk: { url: a, zoom: 2 }, lamp: {} }`,
    site: snippet("/etc/two"),
    range: "butane: null\nparts: { kiosk: null }",
    override: `${snippet("/etc/three")}\nparts: { kiosk: { url: b } }`,
  };
  const [first, second] = devicesOf(levels);
  const texts = second.snippets.map(({ text }) => /path: (\S+)/.exec(text)?.[1]);
  expect([first.snippets, texts]).toEqual([[], ["/etc/three"]]);
  expect([...(first.parts ?? [])]).toEqual([["lamp", {}]]);
  expect([...(second.parts ?? [])]).toEqual([
    ["kiosk", { url: "b" }],
    ["lamp", {}],
  ]);
  expect(devicesOf({ ...levels, override: "parts: null" })[1].parts).toBeUndefined();
});

const nothing =
  "found nothing. Write a value, or null to remove what the profile, the site or the range says.";
const disk = "data: { disk: /dev/disk/by-id/ata-B, path: /var/lib/till }";

test.each<[string, Levels, readonly string[]]>([
  ["an empty value", { site: "gateway:" }, [`12:5: sites.boston.gateway: ${nothing}`]],
  [
    "an empty value in a mapping, once",
    { override: "users:\n  ann:\n    groups:" },
    [`19:13: devices.till-{1..2}.overrides.till-2.users.ann.groups: ${nothing}`],
  ],
  [
    "a disk, which a device needs",
    { override: "disk: null" },
    [
      "17:15: devices.till-{1..2}.overrides.till-2.disk: expected a disk. Write a block device, like /dev/sda, or a description: { choose: smallest }.",
    ],
  ],
  [
    "what is needed then, at the level that removes it",
    { site: disk, override: "data: { path: null }" },
    [
      `18:9: devices.till-{1..2}.overrides.till-2.data: "path" is missing. Write the folder that the data is in, like path: /var/lib/till.`,
    ],
  ],
  [
    "the URL of a proxy",
    { site: 'proxy: { http: "http://proxy.example:3128" }', override: "proxy: { http: null }" },
    [
      `18:9: devices.till-{1..2}.overrides.till-2.proxy: "http" and "https" are missing. Write the URL of the proxy, like http: "http://proxy.example.com:3128".`,
    ],
  ],
  [
    "an item of a list",
    { override: "ntpServers: [null]" },
    ["17:22: devices.till-{1..2}.overrides.till-2.ntpServers.0: found nothing. Write text."],
  ],
])("refused: %s", (_, levels, mistakes) => {
  expect(mistakesOf(levels)).toEqual(mistakes);
});

test("a mistake is not at a level whose value is removed", () => {
  const levels = { site: disk, range: "data: null", override: "data: { path: /var/lib/till }" };
  expect(mistakesOf(levels).map((mistake) => mistake.split(": ", 2)[1])).toEqual([
    "devices.till-{1..2}.overrides.till-2.data",
  ]);
});

/** RFC 7396, section 2. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMapping(patch)) return patch;
  const result: Record<string, unknown> = isMapping(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

test("levels are merged as JSON Merge Patch does", () => {
  const { level } = fc.letrec((tie) => ({
    level: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(null, 1, "text", [1, null]),
      fc.dictionary(fc.constantFrom("a", "b", "constructor"), tie("level"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(fc.option(level, { nil: undefined }), { maxLength: 4 }), (levels) => {
      const written = levels.filter((each) => each !== undefined);
      const expected = written.reduce<unknown>(mergePatch, null) ?? undefined;
      expect(mergedLevels(levels)).toEqual(expected);
    }),
  );
});
