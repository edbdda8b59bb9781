/**
 * Generates snippets with files, folders, links, units, drop-ins, file systems and users: at paths of
 * Flotilla, beside them and elsewhere; directly and in merged or replacing configurations; in the styles of
 * people and of programs.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";

type Values = Readonly<Record<string, unknown>>;

const path = fc.constantFrom(
  "/etc",
  "/etc/hostname",
  "/etc/localtime/x",
  "/etc/NetworkManager/system-connections/own.nmconnection",
  "/etc/own",
  "/etc/own/",
  "/etc/own/../hostname",
  "/etc/own/deep",
  "/etc/own/deep/er",
  "/etc/rancher",
  "/etc/rancher/k3s",
  "/etc/rancher/k3s/config.yaml",
  "/etc/rancher/k3s/config.yaml.d/own.yaml",
  "/etc/sysusers.d/own.conf",
  "/etc/systemd",
  "/etc/systemd/system",
  "/etc/systemd/system/k3s.service",
  "/etc/systemd/system/k3s.service.d",
  "/etc/systemd/system/k3s.service.d/own.conf",
  "/etc/systemd/system/multi-user.target.wants/k3s.service",
  "/etc/systemd/system/own.service",
  "/etc/systemd/system/own.service.d/own.conf",
  "/etc/tmpfiles.d/own.conf",
  "/home",
  "/home/core/own",
  "/opt/own",
  "/opt/own/deep",
  "/own",
  "/own/deep",
  "/usr",
  "/usr/bin/own",
  "/usr/local",
  "/usr/local/bin",
  "/usr/local/bin/k3s",
  "/usr/local/bin/own",
  "/var",
  "/var/home/core/own",
  "/var/lib/own",
  "/var/lib/rancher",
  "/var/lib/rancher/k3s/server/manifests/own.yaml",
  "/var/opt/own",
  "/var/opt/own/deep",
  "/var/usrlocal/bin/k3s",
  "/var/usrlocal/bin/own",
);

const hash = (bytes: string, name = "sha256") =>
  `${name}-${createHash(name).update(bytes).digest("hex")}`;
const own = "own\n";
const packed = gzipSync(own).toString("base64");
const twice = Buffer.concat([gzipSync("o"), gzipSync("wn\n")]).toString("base64");

/** The contents of a file, in the ways to write them. */
const resource: fc.Arbitrary<Values> = fc.constantFrom<Values>(
  { inline: own },
  { inline: "" },
  { source: "data:,own%0A" },
  { source: `data:;base64,${Buffer.from(own).toString("base64")}` },
  { source: 'data:text/plain;charset="a,b";base64,b3duCg==' },
  { source: "data:text/plain;charset=utf-8,%F0%28" },
  { source: `data:;base64,${packed}`, compression: "gzip" },
  { source: `data:;base64,${twice}`, compression: "gzip" },
  { source: `data:;base64,${packed.slice(0, -8)}`, compression: "gzip" },
  { source: "data:,own", compression: "gzip" },
  { inline: own, verification: { hash: hash(own) } },
  { inline: own, verification: { hash: hash(own, "sha512") } },
  { inline: own, verification: { hash: hash("another") } },
  { source: `data:;base64,${packed}`, compression: "gzip", verification: { hash: hash(own) } },
);

const modes = fc.constantFrom(0, 0o600, 0o644, 0o700, 0o755, 0o777, 0o1777, 0o4755);
const owner = fc.constantFrom<Values>(
  { user: { name: "core" } },
  { user: { name: "root" }, group: { name: "root" } },
  { user: { id: 0 }, group: { id: 0 } },
  { user: { id: 1000 } },
  { user: { name: "nobody-knows" } },
  { group: { name: "nobody-knows" } },
  { user: { name: "own" } },
);
const often = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary, weight: 1 });

const node = { path, overwrite: rarely(fc.boolean()), owner: rarely(owner) };
const flat = ({ owner: more = {}, ...rest }: { readonly owner?: Values | undefined }): Values => ({
  ...rest,
  ...more,
});
const file = fc
  .record({
    ...node,
    contents: often(resource),
    append: rarely(fc.array(resource, { minLength: 1, maxLength: 2 })),
    mode: rarely(modes),
  })
  .map((one) => ({ storage: { files: [flat(one)] } }));
const folder = fc
  .record({ ...node, mode: rarely(modes) })
  .map((one) => ({ storage: { directories: [flat(one)] } }));
const target = fc.constantFrom("../etc", "/etc", "/etc/hostname", "/var/own", "/nowhere", "");
const link = fc
  .record({ ...node, target, hard: rarely(fc.boolean()) })
  .map((one) => ({ storage: { links: [flat(one)] } }));
const filesystem = fc
  .record({
    path,
    device: fc.constantFrom("/dev/sdb1", "/dev/sdb2"),
    format: fc.constantFrom("xfs", "ext4", "swap"),
    with_mount_unit: rarely(fc.boolean()),
  })
  .map((one) => ({ storage: { filesystems: [one] } }));

const unitName = fc.constantFrom(
  "k3s.service",
  "own.service",
  "own@.service",
  "own.timer",
  "chronyd.service",
  "etc.mount",
  "var-lib-rancher.mount",
  "var-lib-own.mount",
  "own",
  "own/deep.service",
);
const settings = fc.constantFrom(
  "[Service]\nExecStart=/bin/true\n",
  "[Service]\nNice=1\n",
  "[Service]\nExecStart=\n",
  "[Unit]\nConflicts=k3s.service\n",
  "[Install]\nAlias=k3s.service\n",
  "[Install]\nWantedBy=multi-user.target\n",
  "[Mount]\nWhat=/dev/sdb1\nWhere=/var/lib/own\n",
  "no section\n",
  "",
);
const unit = fc
  .record({
    name: unitName,
    contents: rarely(settings),
    enabled: rarely(fc.boolean()),
    mask: rarely(fc.boolean()),
    dropins: rarely(
      fc.array(
        fc.record({ name: fc.constantFrom("own.conf", "10-x.conf", "own"), contents: settings }),
        { minLength: 1, maxLength: 2 },
      ),
    ),
  })
  .map((one) => ({ systemd: { units: [one] } }));

const group = fc.constantFrom("wheel", "users", "own", "nobody-knows");
const user = fc
  .record({
    name: fc.constantFrom("core", "own", "root", "Not Valid", ""),
    uid: rarely(fc.constantFrom(0, 1000, 1500)),
    groups: rarely(fc.uniqueArray(group, { maxLength: 2 })),
    primary_group: rarely(group),
    home_dir: rarely(fc.constantFrom("/var/home/own", "/home/own", "relative")),
    no_create_home: rarely(fc.boolean()),
    should_exist: rarely(fc.boolean()),
    password_hash: rarely(fc.constantFrom("$y$j9T$a", "a:b", "")),
    ssh_authorized_keys: rarely(fc.constant(["ssh-ed25519 AAAA own"])),
    shell: rarely(fc.constantFrom("/bin/bash", "/sbin/nologin")),
    system: rarely(fc.boolean()),
  })
  .map((one) => ({ passwd: { users: [one] } }));
const groups = fc
  .record({
    name: fc.constantFrom("own", "wheel", "root", "Not Valid"),
    gid: rarely(fc.constantFrom(0, 1000, 1500)),
    should_exist: rarely(fc.boolean()),
    system: rarely(fc.boolean()),
  })
  .map((one) => ({ passwd: { groups: [one] } }));

const plain: fc.Arbitrary<Values> = fc.oneof(
  { arbitrary: file, weight: 4 },
  { arbitrary: folder, weight: 2 },
  { arbitrary: link, weight: 2 },
  { arbitrary: unit, weight: 3 },
  filesystem,
  user,
  groups,
);

/** Butane's names as Ignition's. Only Butane has `inline`. */
function asIgnition(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asIgnition);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, child]) => {
    if (name === "inline") return ["source", `data:,${encodeURIComponent(String(child))}`];
    const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return [camel, asIgnition(child)];
  });
  return Object.fromEntries(entries);
}

interface Nesting {
  readonly step: "merge" | "replace";
  readonly version: string;
  readonly form: "text" | "base64" | "gzip" | "inline" | "damaged" | "hashed" | "wrong hash";
}
const nesting: fc.Arbitrary<Nesting> = fc.record({
  step: fc.constantFrom("merge", "merge", "replace"),
  version: fc.constantFrom("3.4.0", "3.4.0", "3.1.0", "3.6.0", "2.2.0", "3.9.0"),
  form: fc.constantFrom("text", "base64", "gzip", "inline", "damaged", "hashed", "wrong hash"),
});

function referenceTo(text: string, form: Nesting["form"]): Values {
  const source = `data:,${encodeURIComponent(text)}`;
  const zip = gzipSync(text).toString("base64");
  switch (form) {
    case "base64":
      return { source: `data:;base64,${Buffer.from(text).toString("base64")}` };
    case "gzip":
      return { source: `data:;base64,${zip}`, compression: "gzip" };
    case "inline":
      return { inline: text };
    case "damaged":
      return { source: `data:;base64,${zip.slice(0, 40)}`, compression: "gzip" };
    case "hashed":
      return { source, verification: { hash: hash(text) } };
    case "wrong hash":
      return { source, verification: { hash: hash(own) } };
    default:
      return { source };
  }
}

function nested(inner: Values, steps: readonly Nesting[]): Values {
  return steps.reduce<Values>((config, { step, version, form }) => {
    const { ignition, ...rest } = asIgnition(config) as Values;
    const text = JSON.stringify({ ignition: { version, ...(ignition as Values) }, ...rest });
    const reference = referenceTo(text, form);
    return {
      ignition: { config: step === "merge" ? { merge: [reference] } : { replace: reference } },
    };
  }, inner);
}

const config = fc.oneof(
  { arbitrary: plain, weight: 3 },
  fc.tuple(plain, fc.array(nesting, { minLength: 1, maxLength: 3 })).map((of) => nested(...of)),
);

/** The parts of one snippet: its lists are put together. */
function joined(parts: readonly Values[]): Values {
  const whole: Record<string, Record<string, unknown>> = {};
  for (const part of parts) {
    for (const [section, lists] of Object.entries(part)) {
      const into = (whole[section] ??= {});
      for (const [name, list] of Object.entries(lists as Values)) {
        const before = into[name];
        into[name] = Array.isArray(before) && Array.isArray(list) ? [...before, ...list] : list;
      }
    }
  }
  return whole;
}

/** One line of YAML, in which the second use of an object is an alias. */
function written(value: unknown, anchors: Map<string, string>): string {
  if (Array.isArray(value)) return `[${value.map((one) => written(one, anchors)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const key = JSON.stringify(value);
  const known = anchors.get(key);
  if (known !== undefined) return `*${known} `;
  const name = `a${anchors.size}`;
  anchors.set(key, name);
  const entries = Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([field, child]) => `${field}: ${written(child, anchors)}`);
  return `&${name} {${entries.join(", ")}}`;
}

/** Texts of snippets of one device. */
export const randomSnippets: fc.Arbitrary<readonly string[]> = fc.array(
  fc
    .array(config, { minLength: 1, maxLength: 2 })
    .map((parts) => written({ variant: "fcos", version: "1.5.0", ...joined(parts) }, new Map())),
  { minLength: 1, maxLength: 2 },
);
