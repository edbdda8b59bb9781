import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImage } from "../../../edge/iso/image.ts";
import { embeddedInstall } from "../../../edge/installer/embedded-install.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { startingPins } from "../../../fleet/lock/pins.ts";
import { peerPath, sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const isoFolder = sharedPath("fixtures/iso");
const isoNames = isoFolder ? readdirSync(isoFolder).filter((name) => name.endsWith(".iso.gz")) : [];
const installer = peerPath("coreos-installer-0.27.0");
const pinned = startingPins.coreos.release;

/** The report about a base whose release is accepted although it is not the lock's. */
function remarkOn(volume: string): string {
  const [, system, release = ""] = /^(.*?)-(\d.*)$/.exec(volume) ?? [];
  return system === "fedora-coreos"
    ? `it is Fedora CoreOS ${release}, older than the lock's ${pinned}`
    : `it is ${system} ${release}, and the lock pins Fedora CoreOS ${pinned}`;
}

/** A folder with a first fleet and its key; the names of the device files that synth makes. */
async function fleetFolder(): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  return folder;
}

/** A base image from the recorded ones, unpacked into the folder. */
function base(folder: string, name: string, as = basename(name, ".gz")): string {
  const packed = readFileSync(join(isoFolder ?? "", name));
  writeFileSync(join(folder, as), gunzipSync(packed));
  return as;
}

const image = (folder: string, ...args: string[]) =>
  flotilla(folder, ["image", "cafe-01", ...args]);
const stream = new PassThrough();
const made = "dist/edge/cafe-01/cafe-01.iso";
const program = join(import.meta.dirname, "..", "..", "..", "cli", "flotilla.mjs");

describe.skipIf(!isoFolder)("image, on recorded ISOs (skipped if ../shared is absent)", () => {
  const ofPcs = isoNames.filter((name) => !/synthetic|s390x/.test(name));

  test.each(ofPcs)("from %s", async (name) => {
    const folder = await fleetFolder();
    const iso = base(folder, name);
    const before = readFileSync(join(folder, iso));
    chmodSync(join(folder, iso), 0o444);
    const run = await image(folder, "--allow-release", "--base", iso);
    expect(run).toEqual({
      code: 0,
      out: `Wrote ${made}\n`,
      err:
        `warning: ${iso}: ${remarkOn(openImage("", memorySource(before)).volumeIdentifier)}\n` +
        "Wrote fleet.lock.yaml: commit it with the fleet file\n" +
        "It installs cafe-01 and contains its private keys: write it to a USB stick, boot the " +
        "machine from it, then delete it.\n",
    });
    const after = readFileSync(join(folder, made));
    expect(statSync(join(folder, made)).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "dist/edge/cafe-01"))).toEqual(["cafe-01.iso"]);
    expect(readFileSync(join(folder, iso)).equals(before)).toBe(true);

    await flotilla(folder, ["synth", "--only", "edge"]);
    const config = readFileSync(join(folder, "dist/edge/cafe-01/device.ign"));
    const found = embeddedInstall(openImage("", memorySource(after)));
    expect(Buffer.from(found?.device ?? []).equals(config)).toBe(true);
    if (installer) {
      const args = ["iso", "ignition", "show", join(folder, made)];
      expect(execFileSync(installer, args).equals(found?.ignition ?? Buffer.of())).toBe(true);
    }
    // Only the embed area, 256 KiB, may differ.
    expect(after.length).toBe(before.length);
    const { offset, length } = openImage("", memorySource(before)).ignitionArea;
    expect(after.subarray(0, offset).equals(before.subarray(0, offset))).toBe(true);
    const end = offset + length;
    expect(after.subarray(end).equals(before.subarray(end))).toBe(true);
  });

  test("the same base and fleet give the same bytes; --json says what was made", async () => {
    const folder = await fleetFolder();
    const iso = base(folder, "embed-areas-2023-07.x86_64.iso.gz");
    await image(folder, "--allow-release", "--base", iso);
    const first = readFileSync(join(folder, made));
    const { out } = await image(folder, "--allow-release", "--base", iso, "--json");
    expect(readFileSync(join(folder, made)).equals(first)).toBe(true);
    expect(JSON.parse(out)).toEqual({
      device: "cafe-01",
      path: made,
      base: iso,
      volume: expect.stringContaining("coreos"),
    });
  });

  test("--stdout of the program gives the bytes of the file", async () => {
    const folder = await fleetFolder();
    const iso = base(folder, "embed-areas-2023-07.x86_64.iso.gz");
    await image(folder, "--allow-release", "--base", iso);
    const args = ["image", "cafe-01", "--allow-release", "--base", iso, "--stdout"];
    const options = { cwd: folder, maxBuffer: 2 ** 30 };
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
    expect([status, stdout.equals(readFileSync(join(folder, made)))]).toEqual([0, true]);
    expect(stderr.toString()).toMatch(/^warning: .+\n$/);
  });

  test("a base that holds a config already is replaced only by --force", async () => {
    const folder = await fleetFolder();
    await image(
      folder,
      "--allow-release",
      "--base",
      base(folder, "embed-areas-2023-07.x86_64.iso.gz"),
    );
    execFileSync("cp", [join(folder, made), join(folder, "used.iso")]);
    const refused = await image(folder, "--allow-release", "--base", "used.iso");
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^used\.iso: The image already has an embedded Ignition config\./m);
    expect((await image(folder, "--allow-release", "--base", "used.iso", "--force")).code).toBe(0);
  });

  test("a truncated base is refused, and the image from before stays", async () => {
    const folder = await fleetFolder();
    const iso = base(folder, "embed-areas-2023-07.x86_64.iso.gz");
    await image(folder, "--allow-release", "--base", iso);
    const whole = readFileSync(join(folder, iso));
    writeFileSync(join(folder, "short.iso"), whole.subarray(0, whole.length / 2));
    const { code, err } = await image(folder, "--base", "short.iso");
    expect(code).toBe(1);
    expect(err).toMatch(/^short\.iso: .+\nflotilla: 1 mistake\n$/);
    expect(readdirSync(join(folder, "dist/edge/cafe-01"))).toEqual(["cafe-01.iso"]);
  });

  test("a base of an older release, or of another system, is refused, and nothing is written", async () => {
    const folder = await fleetFolder();
    const refusal = async (name: string) => {
      const iso = base(folder, name);
      const run = await image(folder, "--base", iso);
      expect([run.code, run.out]).toEqual([1, ""]);
      return run.err.replace(iso, "base.iso").replaceAll(pinned, "<release>");
    };
    expect(await refusal("embed-areas-2023-07.x86_64.iso.gz")).toBe(
      "base.iso: this ISO is Fedora CoreOS 38.20230718.dev.0, older than the lock's <release>. Give one " +
        "of <release> or later, or allow this one with --allow-release\nflotilla: 1 mistake\n",
    );
    expect(await refusal("embed-areas-2020-09.iso.gz")).toBe(
      "base.iso: this ISO is rhcos 46.82.202112161843-0, and not Fedora CoreOS. Give a live ISO of Fedora " +
        "CoreOS <release>, or allow this one with --allow-release\nflotilla: 1 mistake\n",
    );
    expect(readdirSync(folder)).not.toContain("dist");
  });

  test("a base for another processor is refused, whatever it is called", async () => {
    const folder = await fleetFolder();
    for (const name of isoNames.filter((each) => each.includes("s390x"))) {
      const iso = base(folder, name, "base.iso");
      const { code, err } = await image(folder, "--allow-release", "--base", iso);
      expect([code, err]).toEqual([
        1,
        "base.iso: this ISO is for s390x, and cafe-01 is x86_64. Give the one whose name ends in " +
          "x86_64.iso\nflotilla: 1 mistake\n",
      ]);
    }
  });

  test("a base of the pinned release with other bytes is used, and said", async () => {
    const folder = await fleetFolder();
    const iso = base(folder, "embed-areas-2023-07.x86_64.iso.gz");
    const bytes = readFileSync(join(folder, iso));
    bytes.write(`fedora-coreos-${pinned}`.padEnd(32), 16 * 2_048 + 40, "latin1");
    writeFileSync(join(folder, iso), bytes);
    const { code, err } = await image(folder, "--base", iso);
    expect(code).toBe(0);
    expect(err).toContain(
      `warning: ${iso}: it is not the fedora-coreos-${pinned}-live-iso.x86_64.iso that the lock pins: ` +
        `another SHA-256. Use it if you customized it; else download ${iso} again\n`,
    );
  });

  test("a base that Fedora named for another architecture is refused", async () => {
    const folder = await fleetFolder();
    const name = "fedora-coreos-44.20260707.3.1-live-iso.aarch64.iso";
    base(folder, "embed-areas-2023-07.x86_64.iso.gz", name);
    const { code, err } = await image(folder, "--base", name);
    expect([code, err]).toEqual([
      1,
      `${name}: this ISO is for aarch64, and cafe-01 (profile mini-pc) is x86_64. Give the one ` +
        "whose name ends in x86_64.iso\nflotilla: 1 mistake\n",
    ]);
  });
});

describe("image, with the operator's own Butane", () => {
  /** The same fleet, each profile with the Butane of a file `extra.bu`. */
  async function fleetWith(butane: string): Promise<string> {
    const folder = await fleetFolder();
    const file = join(folder, "fleet.yaml");
    const text = readFileSync(file, "utf8");
    const changed = text.replaceAll(/^( +)architecture: .*$/gm, "$&\n$1butane: { file: extra.bu }");
    expect(changed).not.toBe(text);
    writeFileSync(file, changed);
    writeFileSync(join(folder, "extra.bu"), `variant: fcos\nversion: 1.5.0\n${butane}`);
    return folder;
  }
  const commands = ["image cafe-01", "image cafe-01 --stdout", "image --all"].map(
    (words) => `${words} --base none.iso`,
  );
  const others = ["pxe cafe-01", "show cafe-01", "show cafe-01 --file /etc/hostname"];

  test.each(commands)("says its warnings and goes on: %s", async (words) => {
    const folder = await fleetWith("storage:\n  filez: []\n");
    const { err } = await flotilla(folder, words.split(" "), {}, { stream });
    expect(err.split("\n").slice(0, 2)).toEqual([
      "warning: extra.bu:4:3: storage.filez: unused key filez",
      expect.stringContaining("none.iso: file not found."),
    ]);
  });

  test.each([...commands, ...others])("is stopped by its mistakes: %s", async (words) => {
    const folder = await fleetWith("storage:\n  files:\n    - path: no-slash\n");
    const run = await flotilla(folder, words.split(" "), {}, { stream });
    expect(run).toEqual({
      code: 1,
      out: "",
      err: "extra.bu:5:13: storage.files.0.path: path not absolute\nflotilla: 1 mistake\n",
    });
    expect(existsSync(join(folder, "fleet.lock.yaml"))).toBe(false);
  });
});

describe("image, when something is missing", () => {
  test("no such device: what was meant, or what there is", async () => {
    const folder = await fleetFolder();
    const said = async (name: string) => (await flotilla(folder, ["image", name])).err;
    expect(await said("cafe-1")).toBe(
      'fleet.yaml: this fleet has no device "cafe-1". Did you mean cafe-01?\nflotilla: 1 mistake\n',
    );
    expect(await said("warehouse")).toBe(
      'fleet.yaml: this fleet has no device "warehouse". There are 3: cafe-01, cafe-02, cafe-03\nflotilla: 1 mistake\n',
    );
  });

  test("no such file, a folder, no ISO, an empty file", async () => {
    const folder = await fleetFolder();
    writeFileSync(join(folder, "text.iso"), "no ISO\n".repeat(10_000));
    writeFileSync(join(folder, "empty.iso"), "");
    const said = async (path: string) => (await image(folder, "--base", path)).err;
    const remedy = "Give the path of a Fedora CoreOS live ISO that you downloaded";
    expect(await said("none.iso")).toBe(
      `none.iso: file not found. ${remedy}\nflotilla: 1 mistake\n`,
    );
    expect(await said(".")).toBe(`.: this is not a file. ${remedy}\nflotilla: 1 mistake\n`);
    writeFileSync(join(folder, "large.iso"), "");
    truncateSync(join(folder, "large.iso"), 2 ** 40);
    expect(await said("large.iso")).toContain(
      "large.iso: this file has 1099511627776 bytes, and a live ISO has about 1,000,000,000. Give",
    );
    execFileSync("mkfifo", [join(folder, "pipe.iso")]);
    for (const path of ["pipe.iso", "/dev/zero"]) {
      expect(await said(path)).toContain(`${path}: this is not a file. Give the path`);
    }
    for (const path of ["text.iso", "empty.iso"]) {
      expect(await said(path)).toContain(`${path}: `);
      expect(readdirSync(folder)).not.toContain("dist");
    }
  });
});
