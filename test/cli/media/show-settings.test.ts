/**
 * What `flotilla show` prints for each setting. The keys come from the JSON Schema of fleet.yaml, so a new
 * key of a profile, a site or a device fails here until it has a row.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatShown } from "../../../cli/media/show-text.ts";
import type { ShownDevice } from "../../../cli/media/show.ts";
import { flotilla } from "../command-line.ts";
import { dereferenced } from "../../json-schema.ts";
import { makeCertificates } from "../../made-certificates.ts";
import { temporaryFolder } from "../temporary.ts";

const made = makeCertificates("images.pier.example");
const certificate = made.authority;
const privateKey = made.serverKey.split("\n")[1] ?? "";
const secrets = [
  "hunter2hunter2",
  "alice:proxy-word",
  "registry-word",
  "$y$j9T$hash$word",
] as const;

const devices = `
  till-1:
    site: pier
    profile: mini-pc
    ring: canary
    generation: 3
    description: Left till
    timeZone: Europe/Lisbon
    labels: { shelf: s7, role: till }
    match: { serial: PF1SERIAL, assetTag: IT-0042, mac: [52:54:00:12:34:58, 52:54:00:12:34:59], uuid: 4c4c4544-0042-3510-8052-b4c04f4d3132 }
    disk: { choose: smallest, sizeMin: 100G, sizeMax: 900G, type: nvme, model: "Samsung*", serial: "S4X*", path: "pci-0000:01*" }
    data: { disk: /dev/disk/by-id/ata-data, path: /var/lib/till, filesystem: ext4, keep: false }
    interfaces:
      port0: { macAddress: "52:54:00:aa:00:01", mtu: 1480, ipv4: { method: disabled }, ipv6: { method: disabled } }
      port1: {}
      trunk: { type: bond, bond: { mode: active-backup, ports: [port0, port1], options: { miimon: 103 } }, ipv4: { method: disabled }, ipv6: { method: disabled } }
      tills:
        type: vlan
        vlan: { id: 27, parent: trunk }
        ipv4: { addresses: [10.1.7.5/24], gateway: 10.1.7.1, dns: [10.1.7.2], dnsSearch: [pier.example], routes: [{ to: 10.9.0.0/16, via: 10.1.7.9, metric: 41 }], routeMetric: 207 }
        ipv6: { addresses: ["2001:db8:7::5/64"], gateway: "2001:db8:7::1", dns: ["2001:db8:7::2"], dnsSearch: [six.example], routes: [{ to: "2001:db8:9::/48", via: "2001:db8:7::9", metric: 42 }], routeMetric: 208 }
      eno3: { ipv4: { neverDefault: true, ignoreAutoDns: true }, ipv6: { neverDefault: true, ignoreAutoDns: true } }
      eno4: {}
      yard: { type: bridge, bridge: { ports: [eno4], stp: true } }
      wlan0: { type: wifi, wifi: { ssid: PierGuest, security: wpa3, hidden: true, passphrase: { env: WIFI_WORD } } }
    k3s:
      disable: [traefik]
      nodeLabels: { example.com/zone: z9 }
      deviceLabels: true
      nodeTaints: ["example.com/till=only:NoSchedule"]
      nodeAddress: 10.1.7.5
      kubeletArguments: { max-pods: 77 }
      apiServerArguments: { event-ttl: 33m0s }
      podRange: 10.62.0.0/16
      serviceRange: 10.63.0.0/16
    ntpServers: [ntp.pier.example]
    users:
      anna: { sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f anna], groups: [wheel], passwordHash: { file: anna.hash } }
      bob: { passwordHash: { env: BOB_HASH } }
    proxy: { http: "http://proxy.example:3128", https: "http://proxy.example:3129", except: [intern.example], login: { file: proxy.login } }
    certificateAuthorities: [company.pem]
    gateway: { port: 443, endpoints: [gate2.example] }
    registries:
      mirrors: { docker.io: { endpoints: ["https://mirror.example:5000"], rewrite: { "^library/(.*)": "hub/$1" } } }
      hosts:
        mirror.example:5000: { login: { username: puller, password: { env: REGISTRY_WORD } }, certificateAuthority: company.pem, clientCertificate: { file: client.pem }, clientKey: { env: CLIENT_KEY } }
        lab.example: { insecureSkipVerify: true }
    butane: [{ file: own.bu }]
  till-2: { site: pier, profile: mini-pc, k3s: { followAddress: true }, disk: { mirror: [/dev/sda, /dev/sdb] } }
  till-3: { site: pier, profile: mini-pc, disk: /dev/vda, data: { rootSize: 64Gi, path: /var/lib/stock } }
  till-4: { site: pier, profile: encrypted, butane: { file: other.bu }, connectivity: direct, address: 198.51.100.7 }
`;

const settings = `
profiles:
  mini-pc: { architecture: x86_64, kernelArguments: [console=ttyS0] , disk: /dev/sda }
  encrypted: { architecture: aarch64, board: raspberry-pi-4, disk: /dev/sdc }
  locked: { architecture: x86_64, encryption: tpm2, disk: /dev/sdd }
sites:
  pier:
    network: 10.1.0.0/16
    maintenance: { days: [Sat], start: "02:17", lengthMinutes: 60, workloads: window, also: [{ days: [Sun], start: "05:19", lengthMinutes: 60 }] }
    mirror: { url: "https://k3s.pier.example", registry: "https://images.pier.example", imagesSha256: { x86_64: ${"a1".repeat(32)}, aarch64: ${"b2".repeat(32)} } }
`;

/** The printed text for each key. Keys of one secret and the options of a bond have one entry. */
const shownAs: Readonly<Record<string, string>> = {
  address: "198.51.100.7, reached directly",
  architecture: "profile mini-pc, x86_64",
  board: "aarch64, raspberry-pi-4",
  butane: "butane other.bu:1",
  "certificateAuthorities.[]": "authorities company.pem",
  connectivity: "reached directly",
  "data.disk": "on /dev/disk/by-id/ata-data",
  "data.filesystem": "/var/lib/till (ext4)",
  "data.keep": "ERASED by the installation",
  "data.path": "data /var/lib/till",
  "data.rootSize": "after 65536 MiB of root",
  description: "description Left till",
  disk: "disk /dev/sdc: everything on it is ERASED",
  "disk.choose": "disk the smallest disk",
  "disk.mirror.[]": "disk /dev/sda and /dev/sdb: everything",
  "disk.model": "of model Samsung*",
  "disk.path": "at pci-0000:01*",
  "disk.serial": "with serial number S4X*",
  "disk.sizeMax": "of at most 900 GB",
  "disk.sizeMin": "of at least 100 GB",
  "disk.type": "of type nvme",
  encryption: "storage encryption of root",
  "gateway.endpoints.[]": "tunnel to gate2.example",
  "gateway.port": "gate2.example:443",
  generation: "generation 3",
  hub: "hub east",
  "interfaces.*.bond.mode": "bond: mode active-backup",
  "interfaces.*.bond.options.*": "miimon 103",
  "interfaces.*.bond.ports.[]": "ports port0, port1",
  "interfaces.*.bridge.ports.[]": "bridge: ports eno4",
  "interfaces.*.bridge.stp": "ports eno4, stp",
  "interfaces.*.ipv4.addresses.[]": "IPv4 10.1.7.5/24",
  "interfaces.*.ipv4.dns.[]": "(dns 10.1.7.2",
  "interfaces.*.ipv4.dnsSearch.[]": "dnsSearch pier.example",
  "interfaces.*.ipv4.gateway": "10.1.7.5/24 via 10.1.7.1",
  "interfaces.*.ipv4.ignoreAutoDns": "IPv4 auto (ignoreAutoDns",
  "interfaces.*.ipv4.method": "IPv4 disabled",
  "interfaces.*.ipv4.neverDefault": "IPv4 auto (ignoreAutoDns; neverDefault)",
  "interfaces.*.ipv4.routeMetric": "routeMetric 207",
  "interfaces.*.ipv4.routes.[].metric": "via 10.1.7.9 metric 41",
  "interfaces.*.ipv4.routes.[].to": "routes (to 10.9.0.0/16",
  "interfaces.*.ipv4.routes.[].via": "to 10.9.0.0/16 via 10.1.7.9",
  "interfaces.*.ipv6.addresses.[]": "IPv6 2001:db8:7::5/64",
  "interfaces.*.ipv6.dns.[]": "(dns 2001:db8:7::2",
  "interfaces.*.ipv6.dnsSearch.[]": "dnsSearch six.example",
  "interfaces.*.ipv6.gateway": "via 2001:db8:7::1",
  "interfaces.*.ipv6.ignoreAutoDns": "IPv6 auto (ignoreAutoDns",
  "interfaces.*.ipv6.method": "IPv6 disabled",
  "interfaces.*.ipv6.neverDefault": "IPv6 auto (ignoreAutoDns; neverDefault)",
  "interfaces.*.ipv6.routeMetric": "routeMetric 208",
  "interfaces.*.ipv6.routes.[].metric": "metric 42",
  "interfaces.*.ipv6.routes.[].to": "routes (to 2001:db8:9::/48",
  "interfaces.*.ipv6.routes.[].via": "via 2001:db8:7::9",
  "interfaces.*.macAddress": "macAddress 52:54:00:AA:00:01",
  "interfaces.*.mtu": "mtu 1480",
  "interfaces.*.type": "trunk (bond)",
  "interfaces.*.vlan.id": "vlan: id 27",
  "interfaces.*.vlan.parent": "parent trunk",
  "interfaces.*.wifi.hidden": "hidden",
  "interfaces.*.wifi.passphrase": "passphrase $WIFI_WORD",
  "interfaces.*.wifi.security": "security wpa3",
  "interfaces.*.wifi.ssid": "ssid PierGuest",
  "k3s.apiServerArguments.*": "apiServerArguments event-ttl=33m0s",
  "k3s.deviceLabels": "K3s options deviceLabels",
  "k3s.disable.[]": "K3s options disable traefik",
  "k3s.followAddress": "K3s options followAddress",
  "k3s.kubeletArguments.*": "kubeletArguments max-pods=77",
  "k3s.nodeAddress": "nodeAddress 10.1.7.5",
  "k3s.nodeLabels.*": "nodeLabels: example.com/zone z9",
  "k3s.nodeTaints.[]": "nodeTaints example.com/till=only:NoSchedule",
  "k3s.podRange": "podRange 10.62.0.0/16",
  "k3s.serviceRange": "serviceRange 10.63.0.0/16",
  "kernelArguments.[]": "kernel console=ttyS0",
  "labels.*": "shelf=s7",
  "maintenance.also.[].days.[]": "Sun from",
  "maintenance.also.[].lengthMinutes": "to 06:19",
  "maintenance.also.[].start": "from 05:19",
  "maintenance.days.[]": "updates Sat",
  "maintenance.lengthMinutes": "to 03:17",
  "maintenance.start": "from 02:17",
  "maintenance.workloads": "workloads change inside them only",
  "match.assetTag": "assetTag IT-0042",
  "match.mac": "mac 52:54:00:12:34:58, 52:54:00:12:34:59",
  "match.serial": "match serial PF1SERIAL",
  "match.uuid": "uuid 4c4c4544-0042-3510-8052-b4c04f4d3132",
  "mirror.imagesSha256.aarch64": `aarch64 ${"b2".repeat(32)}`,
  "mirror.imagesSha256.x86_64": `imagesSha256: x86_64 ${"a1".repeat(32)}`,
  "mirror.registry": "registry https://images.pier.example",
  "mirror.url": "site mirror url https://k3s.pier.example",
  network: "the site's network is 10.1.0.0/16",
  "ntpServers.[]": "time servers ntp.pier.example",
  parts: "own parts scanner: port 5",
  profile: "profile mini-pc",
  "proxy.except.[]": "except intern.example",
  "proxy.http": "proxy http http://proxy.example:3128",
  "proxy.https": "https http://proxy.example:3129",
  "proxy.login": "login from file proxy.login",
  "registries.hosts.*.certificateAuthority": "authority company.pem",
  "registries.hosts.*.clientCertificate": "client: certificate file client.pem",
  "registries.hosts.*.clientKey": "key $CLIENT_KEY",
  "registries.hosts.*.insecureSkipVerify": "lab.example; insecure",
  "registries.hosts.*.login.password": "password $REGISTRY_WORD",
  "registries.hosts.*.login.username": "login: username puller",
  "registries.mirrors.*.endpoints.[]": "endpoints https://mirror.example:5000",
  "registries.mirrors.*.rewrite.*": "rewrite: ^library/(.*) hub/$1",
  ring: "ring canary",
  site: "site pier",
  timeZone: "time zone Europe/Lisbon",
  "users.*.groups.[]": "groups wheel",
  "users.*.passwordHash": "password hash from file anna.hash",
  "users.*.sshKeys.[]": "anna: 1 SSH key",
};

interface SchemaNode {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** Paths of the values below a node: `k3s.disable.[]`. */
function leavesOf(schema: SchemaNode): string[] {
  const { properties, additionalProperties, items, anyOf = [] } = dereferenced(schema, whole);
  const below = (key: string, node: SchemaNode) =>
    leavesOf(node).map((path) => (path === "" ? key : `${key}.${path}`));
  const found = [
    ...Object.entries(properties ?? {}).flatMap(([key, node]) => below(key, node)),
    ...(typeof additionalProperties === "object" ? below("*", additionalProperties) : []),
    ...(items ? below("[]", items) : []),
    ...anyOf.flatMap(leavesOf),
  ];
  return found.length > 0 ? found : [""];
}

const whole = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../fleet/fleet.schema.json"), "utf8"),
) as SchemaNode;

/** Keys of profiles, sites and devices; the forms of one value are one key. */
function settingKeys(): string[] {
  const { properties } = whole;
  const keys = ["profiles", "sites", "devices"].flatMap((section) => {
    const all = properties?.[section]?.additionalProperties;
    if (typeof all !== "object") throw new Error(`no schema of ${section}`);
    return leavesOf(all);
  });
  const merged = keys
    .filter((key) => !key.startsWith("overrides."))
    .map((key) =>
      key
        .replace(
          /(passphrase|login|password|passwordHash|clientCertificate|clientKey)\.(file|env)$/,
          "$1",
        )
        .replace(/bond\.options\..*/, "bond.options.*")
        .replace(/^butane\..*/, "butane")
        .replace(/^match\.mac\..*/, "match.mac"),
    );
  return [...new Set(merged)].toSorted();
}

test("every key of a profile, a site and a device has an entry here", () => {
  expect(Object.keys(shownAs).toSorted()).toEqual(settingKeys());
});

async function fleetFolder(): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const head = readFileSync(file, "utf8").replaceAll(
    /^(profiles|sites|devices):\n( .*\n|#.*\n|\n)*/gm,
    "",
  );
  writeFileSync(
    file,
    `${head}${settings}devices:${devices}  till-5: { site: pier, profile: locked }\n`,
  );
  const files = {
    "company.pem": certificate,
    "client.pem": made.server,
    "anna.hash": secrets[3],
    "proxy.login": secrets[1],
    "other.bu": "variant: fcos\nversion: 1.5.0\n",
    "own.bu": "variant: fcos\nversion: 1.5.0\n",
  };
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
  return folder;
}

async function shown(): Promise<{ readonly out: string; readonly json: string }> {
  const folder = await fleetFolder();
  const environment = {
    WIFI_WORD: secrets[0],
    REGISTRY_WORD: secrets[2],
    BOB_HASH: secrets[3],
    CLIENT_KEY: made.serverKey,
  };
  let out = "";
  let json = "";
  for (const name of ["till-1", "till-2", "till-3", "till-4", "till-5"]) {
    const run = await flotilla(folder, ["show", name], environment);
    expect(run.err).toBe("");
    out += run.out;
    json += (await flotilla(folder, ["show", name, "--json"], environment)).out;
  }
  return { out, json };
}

test("each is shown, and no secret is", async () => {
  const { out: declared, json } = await shown();
  // A part needs code of the user's own, and a hub an environment.
  const [first = ""] = json.split(/(?<=^\}\n)/m);
  const parts = { scanner: { port: 5 } };
  const out = declared + formatShown({ ...(JSON.parse(first) as ShownDevice), parts, hub: "east" });
  // Texts continue on the next line, and labels are padded.
  const text = out.replaceAll(/\n {16}/g, " ").replaceAll(/ +/g, " ");
  const missing = Object.entries(shownAs).filter(([, part]) => !text.includes(part));
  expect(missing).toEqual([]);
  for (const secret of [...secrets, privateKey]) {
    expect([secret, out.includes(secret), json.includes(secret)]).toEqual([secret, false, false]);
  }
  for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  expect(json).toContain('"passphrase": "$WIFI_WORD"');
}, 60_000);

test("needs no secret from outside Git", { timeout: 60_000 }, async () => {
  const folder = await fleetFolder();
  for (const name of ["anna.hash", "proxy.login", "client.pem"]) rmSync(join(folder, name));
  const run = await flotilla(folder, ["show", "till-1"]);
  expect([run.code, run.err]).toEqual([0, ""]);
  expect(run.out).toContain("$WIFI_WORD");
  const keyfile = "/etc/NetworkManager/system-connections/wlan0.nmconnection";
  const file = await flotilla(folder, ["show", "till-1", "--file", keyfile]);
  expect(file).toMatchObject({ code: 0, err: "", out: expect.stringContaining("psk=<secret>\n") });
});
