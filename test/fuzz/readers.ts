/** The readers of text from outside, each with inputs that it accepts and the errors that it may throw. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIgnition } from "../../cli/compat/coreos-installer/ignition-config.ts";
import { checkInstallerConfig } from "../../cli/compat/coreos-installer/installer-config-check.ts";
import { parseTerraformPlan } from "../../cli/plan/terraform-plan.ts";
import { butaneText } from "../../edge/butane/encoding.ts";
import { reportText } from "../../edge/butane/report-text.ts";
import { translateText } from "../../edge/butane/translate.ts";
import { FormatError } from "../../edge/formats/bytes.ts";
import { checkSnippets } from "../../edge/fleet-devices.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { formatRootKey } from "../../fleet/keys/root-key.ts";
import { loadFleet, loadRootKey, type LoadedFleet } from "../../fleet/resolve/load.ts";
import { noLocalFiles } from "../../fleet/model/local-files.ts";
import { grammar } from "../../gitops/grammar.ts";

export interface Reader {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  /** How many of a thousand inputs it gets. */
  readonly share: number;
  readonly read: (bytes: Buffer) => void;
}

const root = join(import.meta.dirname, "..", "..");
const bytesOf = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text));
const example = readFileSync(join(root, "fleet.yaml"));

const small = `fleet: corner-shops
domain: edge.cornershops.example
repository: { url: https://git.cornershops.example/state.git }
cloud: { provider: google, project: corner-shops-hub }
rings: [first, rest]
profiles:
  pc: { architecture: x86_64, disk: /dev/sda, kernelArguments: ["console=ttyS0"], labels: { role: till } }
sites:
  one:
    profile: pc
    network: 10.1.0.0/24
    timeZone: Europe/Berlin
    maintenance: { days: [Mon], start: "03:00", lengthMinutes: 120 }
    butane: { file: s.bu }
devices:
  shop-{1..3}: { site: one, overrides: { shop-2: { generation: 2 } } }
  far: { site: one, connectivity: direct, address: 203.0.113.9 }
workloads:
  board:
    selector: { role: till }
    versions: { first: 1.2.3, rest: 1.2.2 }
    manifests: board
    values: { greeting: Hello }
    sites: { one: { greeting: Hi } }
`;

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: { name: board, labels: { app: board } }
spec:
  replicas: 1
  selector: { matchLabels: { app: board } }
  template:
    metadata: { labels: { app: board } }
    spec:
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: board
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
          image: registry.example/board:\${version}
          env: [{ name: GREETING, value: "\${values.greeting}" }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: board }
data: { site: "\${site}", ring: "\${ring}" }
`;

const snippets = bytesOf(
  `variant: fcos
version: 1.5.0
passwd:
  users: [{ name: core, ssh_authorized_keys: [ssh-ed25519 AAAA x] }]
storage:
  disks: [{ device: /dev/sdb, wipe_table: true, partitions: [{ label: data, size_mib: 100 }] }]
  filesystems: [{ device: /dev/disk/by-partlabel/data, format: xfs, path: /var/data, with_mount_unit: true }]
  directories: [{ path: /opt/x, mode: 0755 }]
  files:
    - path: /etc/motd
      mode: 0644
      contents: { inline: "Café" }
    - path: /etc/other
      append: [{ source: "data:,x" }]
  links: [{ path: /etc/link, target: ../x }]
systemd:
  units:
    - name: x.service
      enabled: true
      contents: |
        [Service]
        ExecStart=/bin/true
        [Install]
        WantedBy=multi-user.target
      dropins: [{ name: a.conf, contents: "[Unit]" }]
`,
  `variant: fcos
version: 1.6.0
boot_device: { layout: x86_64, mirror: { devices: [/dev/sda, /dev/sdb] }, luks: { tpm2: true } }
ignition:
  config: { merge: [{ inline: '{"ignition":{"version":"3.4.0"}}' }] }
kernel_arguments: { should_exist: [quiet] }
grub: { users: [{ name: root, password_hash: grub.pbkdf2.x }] }
`,
  `variant: openshift
version: 4.15.0
metadata: { name: x, labels: { machineconfiguration.openshift.io/role: worker } }
openshift: { kernel_type: realtime }
`,
);

const ignitionConfigs = bytesOf(
  '{"ignition":{"version":"3.4.0"},"storage":{"files":[{"path":"/etc/x","mode":420,"contents":{"source":"data:,x"}}]},"systemd":{"units":[{"name":"x.service","enabled":true}]}}',
);

const terraformPlan = bytesOf(
  '{"terraform_version":"1.9.0","planned_values":{},"resource_changes":[{"address":"a.b","mode":"managed","change":{"actions":["update"],"before":{"x":1},"after":{"x":2},"after_unknown":{},"before_sensitive":false,"after_sensitive":{"x":true}}}],"output_changes":{"o":{"actions":["create"]}}}',
);

const folder = mkdtempSync(join(tmpdir(), "flotilla-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const place = (name: string) => join(folder, name);
const fleetFile = place("fleet.yaml");

mkdirSync(place("board"));
writeFileSync(fleetFile, small);
writeFileSync(place("s.bu"), snippets[0] ?? "");
writeFileSync(place("board/a.yaml"), manifest);

/** The whole way of `flotilla validate`. */
function load(file = fleetFile): LoadedFleet {
  const loaded = loadFleet(file, { ...grammar, beside: () => noLocalFiles });
  const { mistakes } = checkSnippets(loaded.fleet);
  if (mistakes.length > 0) throw new InputError(mistakes);
  return loaded;
}

const lock = Buffer.from(load().lockText);

/** Reads the project with other contents of one of its files. */
function inProject(name: string, read: (path: string) => unknown = () => load()) {
  const path = place(name);
  const own = existsSync(path) ? readFileSync(path) : undefined;
  return (bytes: Buffer) => {
    writeFileSync(path, bytes, { mode: 0o600 });
    try {
      read(path);
    } finally {
      if (own === undefined) rmSync(path);
      else writeFileSync(path, own);
    }
  };
}

/** As `flotilla butane`: its errors are results, and its report must be printable. */
function translate(bytes: Buffer): void {
  const found = butaneText(bytes);
  if ("error" in found) return;
  const { ignition, error, report } = translateText(found.text);
  reportText(report, { file: "x.bu", text: found.text, colored: false });
  if (ignition !== undefined) JSON.parse(ignition);
  else if (error === undefined) throw new Error("neither a result nor an error");
}

export const readers: readonly Reader[] = [
  { name: "fleet.yaml", share: 20, seeds: bytesOf(small), read: inProject("fleet.yaml") },
  {
    name: "the example's fleet.yaml",
    share: 1,
    seeds: [example],
    read: inProject("other.yaml", load),
  },
  { name: "fleet.lock.yaml", share: 15, seeds: [lock], read: inProject("fleet.lock.yaml") },
  { name: "a snippet", share: 20, seeds: snippets, read: inProject("s.bu") },
  { name: "a manifest", share: 20, seeds: bytesOf(manifest), read: inProject("board/a.yaml") },
  { name: "flotilla butane", share: 424, seeds: snippets, read: translate },
  {
    name: "fleet.key",
    share: 60,
    seeds: bytesOf(formatRootKey(Buffer.alloc(32, 7))),
    read: inProject("fleet.key", () => loadRootKey({ rootKeyFile: join(folder, "fleet.key") }, {})),
  },
  {
    name: "$FLOTILLA_KEY",
    share: 60,
    seeds: bytesOf(formatRootKey(Buffer.alloc(32, 7))),
    read: (bytes) =>
      void loadRootKey(
        { rootKeyFile: join(folder, "fleet.key") },
        { FLOTILLA_KEY: bytes.toString() },
      ),
  },
  {
    name: "an Ignition config for an image",
    share: 180,
    seeds: ignitionConfigs,
    read: (bytes) => refusing(() => readIgnition(bytes)),
  },
  {
    name: "an installer config for an image",
    share: 100,
    seeds: bytesOf("append-karg: [a, 'b']\ncopy-network: true\n", "console:\n- ttyS0,9600n8\n"),
    read: (bytes) => refusing(() => checkInstallerConfig(bytes)),
  },
  {
    name: "a Terraform plan",
    share: 100,
    seeds: terraformPlan,
    read: (bytes) => void parseTerraformPlan("plan.json", bytes),
  },
];

/** Errors of formats become messages of the compatible commands. */
function refusing(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
}
