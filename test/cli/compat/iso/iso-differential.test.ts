/**
 * `flotilla iso` against the real coreos-installer: random sequences of operations on images of
 * every generation, each on its own copy. Both must print the same and leave the same files.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../../../edge/formats/bytes.ts";
import { openLiveImage } from "../../../../cli/compat/coreos-installer/live-image.ts";
import { peerPath, sharedPath } from "../../../peers/peers.ts";
import { comparable, decodedConfig, filledIn, iso, places } from "./iso-run.ts";
import type { IsoRun, Places } from "./iso-run.ts";

const vectorFolder = sharedPath("vectors/iso") ?? "";
const fixtureFolder = sharedPath("fixtures/iso") ?? "";
const installer = peerPath("coreos-installer-0.27.0") ?? "";
const hasPeers = vectorFolder !== "" && fixtureFolder !== "" && installer !== "";
const sequences = Number(process.env["FLOTILLA_ISO_SEQUENCES"] ?? 150);

type Random = (limit: number) => number;

/** The Park-Miller generator: the same numbers each time. */
function generator(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

const unitText = "[Unit]\nDescription=x\n";
const everything = {
  storage: {
    directories: [{ path: "/d", mode: 493, user: { name: "core" }, group: { id: 5 } }],
    disks: [{ device: "/dev/sdb", partitions: [{ label: "a", number: 1, sizeMiB: 5 }, {}] }],
    files: [
      { path: "/a", contents: { source: "data:,x", verification: { hash: "sha512-00" } } },
      { path: "/b", append: [{ source: "https://x.invalid/" }], overwrite: true, mode: 420 },
    ],
    filesystems: [{ device: "/dev/sdb1", format: "xfs", options: ["-q"], path: "/var" }],
    links: [{ path: "/l", target: "/a", hard: false }],
    raid: [{ name: "r", devices: ["/dev/a"], level: "raid1", spares: 1, options: [] }],
  },
  passwd: { groups: [{ name: "g", gid: 7 }], users: [{ name: "core", groups: ["g"] }] },
  systemd: {
    units: [{ name: "a.service", contents: unitText, dropins: [{ name: "x.conf" }], mask: false }],
  },
};

const security = { tls: { certificateAuthorities: [{ source: "data:,ca" }] } };
const proxy = { httpProxy: "http://p", noProxy: ["a", "b"] };

/** Configs of every version, with the fields that only some have, and damaged ones. */
function ignitionFiles(): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (let minor = 0; minor <= 7; minor += 1) {
    const version = `3.${minor}.0`;
    const ignition = { version, security, proxy, timeouts: { httpTotal: 5 }, config: {} };
    const clevis = { tpm2: true, tang: [{ url: "http://t", thumbprint: "x" }] };
    const custom = { config: "c", pin: "p", needsNetwork: true };
    const luks = [
      { name: "l", device: "/dev/x", clevis, discard: true, openOptions: ["a"], cex: {} },
      { name: "m", clevis: { custom } },
    ];
    const value = { ignition, ...everything, kernelArguments: { shouldExist: ["a"] } };
    files[`all-${minor}.ign`] = JSON.stringify(value);
    files[`luks-${minor}.ign`] = JSON.stringify({ ...value, storage: { luks } }, undefined, 2);
  }
  const damaged = [
    "[]",
    '{"ignition":{"version":3}}',
    '{"ignition":{"version":"3"}}',
    '{"ignition":{"version":"3.x.0"}}',
    '{"ignition":{"version":"03.0.0"}}',
    '{"ignition":{"version":"3.0.0-experimental"}}',
    '{"ignition":{"version":"3.4.0"},"storage":[]}',
    '{"ignition":{"version":"3.4.0"},"storage":"é\\n"}',
    '{"ignition":{"version":"3.4.0"},"storage":{"files":{}}}',
    '{"ignition":{"version":"3.4.0"},\n"storage":{"files":[{"path":1}]}}',
    '{"ignition":{"version":"3.4.0"},"storage":{"files":[{"mode":1.5}]}}',
    '{"ignition":{"version":"3.4.0"},"storage":{"files":[{"mode":5}]}}',
    '{"ignition":{"version":"3.4.0"},"storage":{"files":[null]}}',
    '{"ignition":{"version":"3.4.0"},"ignition":{"version":"3.4.0"}}',
    '{"ignition":{"version":"3.4.0"}} x',
    '{"ignition":{"version":"3.4.0"},}',
    '{"ignition":{"version":"3.4.0"',
    '{"a":[1,]}',
    '{"a" 1}',
    '{"a":1 "b"}',
    "{a:1}",
    "tru",
    '"abc',
    "\n\n  ",
    '{"ignition":{"version":"3.4.0"},"x":{"y":[1]},"storage":{"z":1,"files":[{"path":"/a","q":0}]}}',
    '{"ignition":{"version":"3.1.0","proxy":{"noProxy":[null]}},"kernelArguments":{}}',
  ];
  for (const [index, text] of damaged.entries()) files[`damaged-${index}.ign`] = text;
  return files;
}

const installerFiles: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "",
    "{}",
    "# c\n",
    "a",
    "[]",
    "append-karg: x\n",
    "append-karg: [1, true, null]\n",
    "copy-network: yes\n",
    "copy-network: 1\n",
    "copy-network: null\n",
    "dest-device: 12\n",
    "dest-device: [a]\n",
    "console: [ttyS0, foo]\n",
    "fetch-retries: x\n",
    "image-url: foo\n",
    "ignition-hash: foo\n",
    "ignition-hash: sha256-xx\n",
    "stream: a\nstream: b\n",
    "append-karg:\n- a\nbogus: 1\n",
    "append-karg: {a: b}\n",
    "stream: {}\n",
    'offline: "true"\n',
    "stream: ~\n",
    "stream: &a x\nplatform: *a\n",
  ].map((text, index) => [`installer-${index}.yaml`, text]),
);

const kernelArguments = [
  "quiet",
  "a=b",
  " spaced ",
  "two words",
  "",
  "ä=ö",
  "#",
  "x#",
  "console=ttyS0",
  "console=tty0",
  "console=ttyS1,115200n8",
  "console=bogus",
  "true",
  "12",
  "0x1f",
  "1e5",
  "- x",
  "a: b",
  "a #b",
  "'q'",
  '"q"',
  "!x",
  "*x",
  "{a}",
  "@x",
  "null",
  "~",
  "007",
  ".5",
  "k:",
  "tab\there",
  "line\nbreak",
  "mitigations=auto,nosmt",
  "ignition.platform.id=metal",
  "z".repeat(1_024),
  "z".repeat(900),
];
const replacements = [
  "ignition.platform.id=metal=qemu",
  "ignition.platform.id=qemu=metal",
  "mitigations=auto,nosmt=off",
  "a=b=c",
  "a=b",
  "none=a=b",
  "a=b=$&",
];
const consoles = [
  "tty0",
  "ttyS0",
  "ttyS1,9600e7",
  "ttyAMA0,115200",
  "ttyS0,abc",
  "/dev/tty0",
  "hvc0",
];

interface Choices {
  readonly random: Random;
  readonly inputs: readonly string[];
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random(items.length)] as Item;
}

function inputs({ random, inputs: names }: Choices, pattern: RegExp): string {
  const name = pick(
    random,
    names.filter((each) => pattern.test(each)),
  );
  return random(40) === 0 ? "{in}/absent" : `{in}/${name}`;
}

/** Some options, each zero to two times. */
function some(random: Random, options: readonly (() => readonly string[])[]): string[] {
  return options.flatMap((option) => {
    const count = [0, 0, 0, 1, 1, 2][random(6)] ?? 0;
    return Array.from({ length: count }, option).flat();
  });
}

function customization(choices: Choices): string[] {
  const { random } = choices;
  const file = (flag: string, pattern: RegExp) => () => [flag, inputs(choices, pattern)];
  const mostlySound =
    random(4) === 0 ? /\.ign$/ : /^(all|luks|dest|live|dest2|live2)(-[0-6])?\.ign$/;
  const config = random(3) === 0 ? /\.yaml$/ : /^(inst|installer-(6|1|2))\.yaml$/;
  return [
    ...some(random, [
      file("--dest-ignition", mostlySound),
      () => [`--dest-karg-append=${pick(random, kernelArguments)}`],
      () => [`--dest-karg-delete=${pick(random, kernelArguments)}`],
      file("--network-keyfile", /nmconnection$/),
      file("--ignition-ca", /pem$/),
      file("--pre-install", /sh$/),
      file("--post-install", /sh$/),
      file("--live-ignition", mostlySound),
      () => ["--live-karg-append", pick(random, kernelArguments)],
    ]),
    ...(random(4) === 0 ? file("--installer-config", config)() : []),
    ...(random(4) === 0 ? ["--dest-console", pick(random, consoles)] : []),
    ...(random(4) === 0 ? ["--live-karg-delete", pick(random, kernelArguments)] : []),
    ...(random(6) === 0 ? ["--live-karg-replace", pick(random, replacements)] : []),
    ...(random(2) === 0
      ? ["--dest-device", pick(random, ["/dev/sda", "/dev/disk/by-id/x y", "5"])]
      : []),
  ];
}

/** One command line after `iso`, with `{iso}` in place of the image's path. */
function operation(choices: Choices): string[] {
  const { random } = choices;
  const force = random(3) === 0 ? [pick(random, ["-f", "--force"])] : [];
  const changes = () =>
    some(random, [
      () => ["-a", pick(random, kernelArguments)],
      () => [`--append=${pick(random, kernelArguments)}`],
      () => ["-d", pick(random, kernelArguments)],
      () => [`-r${pick(random, replacements)}`],
    ]);
  const all: readonly (() => string[])[] = [
    () => ["ignition", "embed", ...force, "-i", inputs(choices, /\.ign$/)],
    () => ["ignition", "embed", ...force, `--ignition-file=${inputs(choices, /^(min|dest|cfg)/)}`],
    () => ["ignition", "show"],
    () => ["ignition", "remove"],
    () => ["kargs", "modify", ...changes()],
    () => ["kargs", "modify", ...changes()],
    () => ["kargs", "show", ...(random(3) === 0 ? ["--default"] : [])],
    () => ["kargs", "reset"],
    () => [
      "network",
      "embed",
      ...force,
      ...Array.from({ length: 1 + random(2) }, () => ["-k", inputs(choices, /nmconn/)]).flat(),
    ],
    () => ["network", "extract", ...(random(2) === 0 ? ["-C", "{w}/keyfiles"] : [])],
    () => ["network", "remove"],
    () => ["customize", ...force, ...customization(choices)],
    () => ["customize", ...force, ...customization(choices)],
    () => ["customize", ...force, ...customization(choices)],
    () => ["reset"],
    () => ["extract", "pxe", "-o", "{w}/pxe"],
    () => ["extract", "minimal-iso", "{iso}", "{w}/minimal.iso"],
  ];
  const args = pick(random, all)();
  return args.includes("{iso}") ? args : [...args, "{iso}"];
}

/** Runs the real tool. */
function real(args: readonly string[]): IsoRun {
  const environment = { ...process.env, RUST_BACKTRACE: "0" };
  const { status, stdout, stderr } = spawnSync(installer, ["iso", ...args], {
    env: environment,
    maxBuffer: 2 ** 26,
  });
  return { code: status ?? -1, out: stdout, err: stderr.toString("utf8") };
}

/** Everything in a folder, with the image's area decoded. */
function stateOf(where: Places): unknown {
  const files = readdirSync(where.w, { recursive: true, encoding: "utf8" }).toSorted();
  return files.map((name) => {
    const path = join(where.w, name);
    const status = statSync(path);
    if (status.isDirectory()) return { name };
    const mode = name === "w.iso" ? "" : (status.mode & 0o777).toString(8);
    const bytes = readFileSync(path);
    return {
      name,
      mode,
      ...(name === "w.iso" ? imageState(bytes) : { hash: bytes.toString("base64") }),
    };
  });
}

function imageState(bytes: Buffer): object {
  let image;
  try {
    image = openLiveImage("image", memorySource(bytes));
  } catch {
    return { hash: bytes.toString("base64") };
  }
  const { offset, length } = image.ignitionArea;
  const outside = Buffer.from(bytes).fill(0, offset, offset + length);
  const embedded = [...image.files].map(([path, data]) => [path, configState(data)]);
  return { outside: outside.toString("base64"), embedded };
}

function configState(data: Uint8Array): unknown {
  try {
    return decodedConfig(JSON.parse(Buffer.from(data).toString("utf8")));
  } catch {
    return Buffer.from(data).toString("base64");
  }
}

async function runSequence(folder: string, fixture: string, choices: Choices): Promise<void> {
  const inputFolder = join(folder, "..", "inputs");
  const [ours, theirs] = [
    places(inputFolder, join(folder, "a")),
    places(inputFolder, join(folder, "b")),
  ];
  const image = gunzipSync(readFileSync(join(fixtureFolder, fixture)));
  for (const where of [ours, theirs]) writeFileSync(where.iso, image);
  const history: string[] = [fixture];
  for (let count = 1 + choices.random(4); count > 0; count -= 1) {
    const args = operation(choices);
    history.push(args.join(" "));
    const [a, b] = [await iso(filledIn(args, ours)), real(filledIn(args, theirs))];
    const told = history.join("\n");
    expect(comparable(a.err, ours), told).toBe(comparable(b.err, theirs));
    expect(a.code, told).toBe(b.code);
    if (!isOurConfig(a.out)) {
      expect(a.out.toString().replaceAll(ours.w, ""), told).toBe(
        b.out.toString().replaceAll(theirs.w, ""),
      );
    }
    const [left, right] = [stateOf(ours), stateOf(theirs)];
    expect(left, told).toEqual(right);
  }
}

/** A shown config has compressed parts with other bytes: only the decoded image is compared. */
function isOurConfig(out: Buffer): boolean {
  return out.includes('"compression":"gzip"');
}

describe.skipIf(!hasPeers)(
  "random sequences (skipped without coreos-installer or the shared fixtures)",
  () => {
    const fixtures = hasPeers
      ? readdirSync(fixtureFolder).filter((name) => name.endsWith(".gz"))
      : [];

    test.each(fixtures)("%s", { timeout: 600_000 }, async (fixture) => {
      const root = mkdtempSync(join(tmpdir(), "flotilla-iso-"));
      try {
        const inputFolder = join(root, "inputs");
        cpSync(join(vectorFolder, "inputs"), inputFolder, { recursive: true });
        for (const [name, text] of Object.entries({ ...ignitionFiles(), ...installerFiles })) {
          writeFileSync(join(inputFolder, name), text);
        }
        const large = /rnd|700k|400k|gz$|nmstate|rep/;
        const names = readdirSync(inputFolder).filter((name) => !large.test(name));
        const count = Math.ceil(sequences / fixtures.length);
        for (let index = 0; index < count; index += 1) {
          const random = generator(1 + index * fixtures.length + fixtures.indexOf(fixture));
          for (let skip = 0; skip < 5; skip += 1) random(2);
          const folder = join(root, String(index));
          mkdirSync(folder);
          await runSequence(folder, fixture, { random, inputs: names });
          if (existsSync(folder)) rmSync(folder, { recursive: true });
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    });
  },
);
