/** Unbounded inputs, bad encodings and paths that lead out: each is reported with its place. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { loadFleet, loadRootKey } from "../../../fleet/resolve/load.ts";
import { formatRootKey } from "../../../fleet/keys/root-key.ts";
import { grammar } from "../../../gitops/grammar.ts";

const head = `fleet: corner-shops
domain: edge.cornershops.example
repository: { url: https://git.cornershops.example/state.git }
cloud: { provider: google, project: corner-shops-hub }
profiles: { pc: { architecture: x86_64, disk: /dev/sda } }
`;
const tail = "sites: { one: { profile: pc } }\ndevices: { a: { site: one } }\nworkloads: {}\n";
const base = head + tail;
const lines = base.split("\n").length;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-hostile-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string | Buffer): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** The first mistakes, without the folder's name. */
function mistakes(load: () => unknown = () => loadFleet(join(folder, "fleet.yaml"), grammar)) {
  const start = process.cpuUsage();
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const all = error.message.replaceAll(`${folder}/`, "").split("\n");
    return all.slice(0, 2);
  } finally {
    // The limit of the whole command is 2 s. CPU time is measured, as other tests run at the same time;
    // machines of CI are slower than the developer's.
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(6);
  }
}

const letters = "abcdefghijklm";
const aliasBomb = [
  "a: &a [x,x,x,x,x,x,x,x,x,x]\n",
  ...Array.from(letters.slice(1), (letter, index) => {
    const inner = Array.from({ length: 10 }, () => `*${letters[index]}`);
    return `${letter}: &${letter} [${inner.join(",")}]\n`;
  }),
].join("");
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join("");

test.each<[string, string, string]>([
  [
    "an alias bomb",
    base + aliasBomb,
    "fleet.yaml:1:1: the aliases of this file expand to more than 100000 values. Write fewer.",
  ],
  [
    "many directives",
    `${many(50_000, () => "%TAG ! tag:x,2000:\n")}---\n${base}`,
    "fleet.yaml:1001:1: this file has more than 1000 directives (%). Delete them.",
  ],
  [
    "many tags",
    `${base}x: [\n${many(50_000, (index) => `  !t${index} 1,\n`)}  ]\n`,
    `fleet.yaml:${lines + 1001}:3: this file has more than 1000 tags (!). Delete them.`,
  ],
  [
    "thousands of large ranges",
    base.replace(
      "a: {",
      `${many(5_000, (index) => `"z${index}-{1..9999}": { site: one }, `)} a: {`,
    ),
    "fleet.yaml:7:74: devices.z2-{1..9999}: the fleet has more than 20000 devices. Make a second fleet for the others.",
  ],
  [
    "a prototype among the devices",
    base.replace("a: {", "__proto__: { site: one }, a: {"),
    'fleet.yaml:7:12: devices: the key "__proto__" is not allowed. Write another name.',
  ],
  [
    "an infinite number",
    base.replace(
      "{ profile: pc }",
      "{ profile: pc, maintenance: { days: [Mon], start: '03:00', lengthMinutes: 1e400 } }",
    ),
    "fleet.yaml:6:89: sites.one.maintenance.lengthMinutes: found 1e400, which is too large or not a number. Write a number.",
  ],
  [
    "many aliases",
    `${base}x: &x [1]\ny: [${many(30_000, () => "*x,")}]\n`,
    "fleet.yaml:1:1: this file has more than 1000 aliases. Write fewer.",
  ],
  [
    "an alias inside its own anchor",
    `${base}x: &x [*x]\n`,
    `fleet.yaml:${lines}:8: *x is inside &x itself.`,
  ],
  [
    "too many keys",
    base + many(200_000, (index) => `k${index}: 1\n`),
    "fleet.yaml:49991:1: this file has more than 100000 values. Write fewer.",
  ],
  [
    "too many bytes",
    `${base}# ${"x".repeat(5 * 2 ** 20)}\n`,
    "fleet.yaml: this file is larger than 4 MiB.",
  ],
  [
    "deep flow collections",
    `${base}x: ${"[".repeat(100_000)}\n`,
    `fleet.yaml:${lines}:103: lists and mappings are nested deeper than 100 levels. Write fewer levels.`,
  ],
  [
    "deep blocks",
    `${base}x:\n  ${"- ".repeat(20_000)}1\n`,
    `fleet.yaml:${lines + 1}:201: lists and mappings are nested deeper than 100 levels. Write fewer levels.`,
  ],
  ...[
    ["plain", "x".repeat(1_600_000)],
    ["in double quotes", `"${"x ".repeat(800_000)}"`],
    ["in single quotes", `'${"x".repeat(1_600_000)}'`],
    ["block", `|\n  ${"x".repeat(1_600_000)}`],
  ].map(([style, text]): [string, string, string] => [
    `a value of 1.6 million characters, ${style}`,
    `${base}x: ${text}\n`,
    `fleet.yaml:${style === "block" ? `${lines + 1}:1` : `${lines}:4`}: this value is longer than 1.5 MiB. Write a shorter one.`,
  ]),
  [
    "a key of 1.6 million characters",
    `${base}? ${"x".repeat(1_600_000)}\n: y\n`,
    `fleet.yaml:${lines}:3: this value is longer than 1.5 MiB. Write a shorter one.`,
  ],
  [
    "a control character",
    `${base}# \u001b[2J\n`,
    `fleet.yaml:${lines}:3: the control character U+001B is not allowed. Delete it, or write "\\u001B" in double quotes.`,
  ],
  [
    "a range beyond 2^53",
    base.replace(
      "{ a: { site: one } }",
      "\n  a-{10000000000000000..10000000000000003}: { site: one }",
    ),
    "",
  ],
  [
    "a range of 400 digits",
    base.replace(
      "{ a: { site: one } }",
      `\n  a-{1${"0".repeat(400)}..1${"0".repeat(399)}9}: { site: one }`,
    ),
    `fleet.yaml:8:3: devices.a-{1${"0".repeat(188)}… (816 characters): the numbers of this range have more than 63 digits. Write shorter ones.`,
  ],
  [
    "a range of 10^16 devices",
    base.replace("{ a: { site: one } }", "\n  a-{1..10000000000000000}: { site: one }"),
    'fleet.yaml:8:3: devices.a-{1..10000000000000000}: the range "a-{1..10000000000000000}" has 10000000000000000 devices. Write ranges of at most 10000 devices.',
  ],
  [
    "three ranges of 10,000 devices",
    base.replace(
      "{ a: { site: one } }",
      many(3, (n) => `\n  s${n}-{1..10000}: { site: one }`),
    ),
    "fleet.yaml:10:3: devices.s2-{1..10000}: the fleet has more than 20000 devices. Make a second fleet for the others.",
  ],
])("%s is reported", (_title, text, message) => {
  write("fleet.yaml", text);
  expect(mistakes()[0] ?? "").toBe(message);
});

test("20,000 wrong keys are all reported quickly", () => {
  write("fleet.yaml", base + many(20_000, (index) => `clou${index}: 1\n`));
  expect(mistakes()[0]).toMatch(
    /^fleet\.yaml:9:1: clou0: unknown key "clou0"\. Did you mean cloud\?/,
  );
});

describe("text that is not UTF-8", () => {
  test("is refused with line and column in fleet.yaml and in its lock", () => {
    const latin = (text: string) => Buffer.from(text, "latin1");
    write("fleet.yaml", latin(base.replace("edge.cornershops.example", "$& # caf\u00e9")));
    const refusal = "this file is not UTF-8: found the byte 0xe9. Save the file as UTF-8.";
    expect(mistakes()).toEqual([`fleet.yaml:2:39: ${refusal}`]);
    write("fleet.yaml", base);
    write("fleet.lock.yaml", latin("lock: 1\n# \u00e9\n"));
    expect(mistakes()).toEqual([`fleet.lock.yaml:2:3: ${refusal}`]);
  });

  test("in a certificate or a signing key: the message is about its form, and not about UTF-8", () => {
    const machine = "{ profile: pc, certificateAuthorities: [ca.crt] }";
    const keys = ", signing: { keys: [ann.gpg] } }\n";
    write("fleet.yaml", base.replace("{ profile: pc }", machine).replace(" }\n", keys));
    for (const file of ["ca.crt", "ann.gpg"]) write(file, Buffer.from([0x30, 0x82, 0x98, 0x33]));
    expect(mistakes()).toEqual([
      'fleet.yaml:3:81: repository.signing.keys.0: "ann.gpg": this is not an OpenPGP public key in text form. Write it with: gpg --export --armor FINGERPRINT.',
      'fleet.yaml:6:55: sites.one.certificateAuthorities.0: "ca.crt" contains no certificate. Write a PEM file, with the line -----BEGIN CERTIFICATE-----.',
    ]);
  });

  test("is refused in a snippet, in a manifest and in the key", () => {
    const bytes = Buffer.from([0x61, 0x3a, 0x20, 0xef, 0xbf, 0xbd, 0xff]);
    write("fleet.yaml", base.replace("{ profile: pc }", "{ profile: pc, butane: { file: s.bu } }"));
    write("s.bu", bytes);
    expect(mistakes()[0]).toContain(
      "s.bu:1:5: this file is not UTF-8: found the byte 0xff. Save the file as UTF-8",
    );
    writeFileSync(join(folder, "fleet.key"), bytes, { mode: 0o600 });
    expect(mistakes(() => loadRootKey({ rootKeyFile: join(folder, "fleet.key") }, {}))[0]).toMatch(
      /^fleet\.key:1:5: this file is not/,
    );
  });
});

describe("a file that is not a regular one", () => {
  test.each(["fleet.yaml", "fleet.lock.yaml", "s.bu", "board/x.yaml"])("%s is refused", (name) => {
    write("fleet.yaml", withFiles);
    write("s.bu", "variant: fcos\nversion: 1.5.0\n");
    write("board/a.yaml", configMap);
    if (name === "fleet.yaml") rmSync(join(folder, name));
    if (name === "s.bu") rmSync(join(folder, name));
    execFileSync("mkfifo", [join(folder, name)]);
    expect(mistakes()[0]).toContain("this is not a regular file");
  });

  test("/dev/zero is refused", () => {
    expect(mistakes(() => loadFleet("/dev/zero", grammar))).toEqual([
      "/dev/zero: this is not a regular file.",
    ]);
  });
});

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n";
const withFiles = `${head}sites: { one: { profile: pc, butane: { file: s.bu } } }
devices: { a: { site: one } }
workloads: { board: { manifests: board, versions: { stable: v1 } } }
`.replace("profiles:", "rings: [stable]\nprofiles:");

describe("a path stays inside", () => {
  const secret = "flotilla-secret-that-must-not-be-printed";
  beforeEach(() => {
    write("fleet.yaml", withFiles);
    write("s.bu", "variant: fcos\nversion: 1.5.0\n");
    write("board/a.yaml", configMap);
    write("fleet.key", secret);
  });

  test.each(["../fleet.key", "../secret.yaml", "/etc/passwd"])(
    "a link to %s in a folder of manifests is refused, and its contents are not shown",
    (target) => {
      write("secret.yaml", `password: ${secret}`);
      symlinkSync(target, join(folder, "board/link.yaml"));
      const found = mistakes().join("\n");
      expect(found).toMatch(/link\.yaml: this (is a symbolic link|path leads out of its folder)/);
      expect(found).not.toMatch(/secret-that|root:/);
    },
  );

  test.each([
    ["../other.bu", "this path leads out of its folder"],
    ["/etc/passwd", "this path leads out of its folder"],
    ["fleet.key", "this is the root key"],
    ["link.bu", "this is a symbolic link, or inside one. Write the path of the file itself"],
  ])("butane: { file: %s } is refused", (path, message) => {
    symlinkSync("s.bu", join(folder, "link.bu"));
    const outside = join(dirname(folder), "other.bu");
    writeFileSync(outside, secret);
    write("fleet.yaml", withFiles.replace("s.bu", path));
    const found = mistakes().join("\n");
    rmSync(outside);
    expect(found).toContain(`${message}: "${path}".`);
    expect(found).not.toContain(secret);
  });

  test.each(["board/b.yaml", "copy.bu"])("a root key with the name %s is refused", (path) => {
    const key = formatRootKey(Buffer.alloc(32, 7));
    write(path, `x: ${key}`);
    write("fleet.yaml", withFiles.replace("s.bu", path.endsWith(".bu") ? path : "s.bu"));
    const found = mistakes().join("\n");
    expect(found).toContain("this file contains a root key");
    expect(found).not.toContain(key.trim());
  });

  test.each(["fleet.yaml", "fleet.lock.yaml"])("a root key in %s is refused", (path) => {
    const key = formatRootKey(Buffer.alloc(32, 7));
    write("fleet.yaml", base);
    write(path, `${base}# ${key}`);
    const found = mistakes().join("\n");
    expect(found).toBe(
      `${path}: this file contains a root key. Delete it: a root key must not be in Git. It belongs in fleet.key.`,
    );
  });

  test("a link to a folder in a folder of manifests is refused", () => {
    mkdirSync(join(folder, "other"));
    symlinkSync("../other", join(folder, "board/more"));
    expect(mistakes()[0]).toContain(
      'more: this is a symbolic link to a folder. Delete it, or write its files into this folder: "board".',
    );
  });

  test("a file name with a line break is refused on one line", () => {
    write("board/a\nfleet.yaml:1:1: b.yaml", "x: [");
    const found = mistakes();
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(String.raw`"a\nfleet.yaml:1:1: b.yaml"`);
  });

  test("a folder of manifests that is a link is refused", () => {
    symlinkSync("board", join(folder, "linked"));
    write("fleet.yaml", withFiles.replace("manifests: board", "manifests: linked"));
    expect(mistakes()[0]).toContain("this is a symbolic link");
  });
});

test.each([
  [
    "a merge of text",
    "data:\n  <<: text\n",
    "5:7: << merges mappings only. Write a mapping or an alias of one.",
  ],
  ["an alias inside its own anchor", "data: &d\n  a: *d\n", "5:6: *d is inside &d itself."],
  [
    "a prototype as a key",
    "data: {__proto__: x}\n",
    '4:8: the key "__proto__" is not allowed. Write another name.',
  ],
  [
    "two texts that together are too long for an API server",
    `data: {a: ${"b".repeat(800_000)}, b: ${"c".repeat(800_000)}}\n`,
    "1:1: this object is longer than 1.5 MiB, which Kubernetes does not store. Write less, or several objects.",
  ],
  [
    "aliases of a long text",
    `data: {a: &a "${"b".repeat(1_000_000)}", b: [${many(900, () => "*a,")}]}\n`,
    "1:1: the aliases of this file expand to more than 4 MiB. Write fewer.",
  ],
  [
    "placeholders that grow",
    `data: {${many(3, (key) => `${key}: "${many(196_000, () => "${site}")}",`)}}\n`,
    "4:2744024: with its placeholders replaced, this object is longer than 1.5 MiB, which Kubernetes does not store. Write less, or several objects.",
  ],
  [
    "a repeated key",
    "data: {a: x, a: y}\n",
    '4:14: the key "a" appears twice. Delete one of the two.',
  ],
])("%s in a manifest has an answer", (_title, text, message) => {
  write("fleet.yaml", withFiles);
  write("s.bu", "variant: fcos\nversion: 1.5.0\n");
  write("board/a.yaml", configMap + text);
  expect(mistakes()).toEqual([`board/a.yaml:${message}`]);
});

test("many unknown placeholders in one scalar have an answer", () => {
  write("fleet.yaml", withFiles);
  write("s.bu", "variant: fcos\nversion: 1.5.0\n");
  write("board/a.yaml", `${configMap}data: {a: "${many(150_000, (index) => `\${x${index}}`)}"}\n`);
  expect(mistakes()[0]).toContain("board/a.yaml:4:12: found ${x0}. Write one of:");
});
