import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImage } from "../../../edge/iso/image.ts";
import { embeddedInstall } from "../../../edge/installer/embedded-install.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { peerPath, sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const isoFolder = sharedPath("fixtures/iso");
const isoNames = isoFolder ? readdirSync(isoFolder).filter((name) => name.endsWith(".iso.gz")) : [];
const installer = peerPath("coreos-installer-0.27.0");

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

describe.skipIf(!isoFolder)("image, on recorded ISOs (skipped if ../shared is absent)", () => {
  test.each(isoNames.filter((name) => name !== "synthetic.iso.gz"))("from %s", async (name) => {
    const folder = await fleetFolder();
    const iso = base(folder, name);
    const before = readFileSync(join(folder, iso));
    chmodSync(join(folder, iso), 0o444);
    const run = await image(folder, "--base", iso);
    expect(run).toEqual({
      code: 0,
      out: `Wrote ${made}\n`,
      err:
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
    await image(folder, "--base", iso);
    const first = readFileSync(join(folder, made));
    const { out } = await image(folder, "--base", iso, "--json");
    expect(readFileSync(join(folder, made)).equals(first)).toBe(true);
    expect(JSON.parse(out)).toEqual({
      device: "cafe-01",
      path: made,
      base: iso,
      volume: expect.stringContaining("coreos"),
    });
  });

  test("a base that holds a config already is replaced only by --force", async () => {
    const folder = await fleetFolder();
    await image(folder, "--base", base(folder, "embed-areas-2023-07.x86_64.iso.gz"));
    execFileSync("cp", [join(folder, made), join(folder, "used.iso")]);
    const refused = await image(folder, "--base", "used.iso");
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^used\.iso: The image already has an embedded Ignition config\./);
    expect((await image(folder, "--base", "used.iso", "--force")).code).toBe(0);
  });

  test("a truncated base is refused, and the image from before stays", async () => {
    const folder = await fleetFolder();
    const iso = base(folder, "embed-areas-2023-07.x86_64.iso.gz");
    await image(folder, "--base", iso);
    const whole = readFileSync(join(folder, iso));
    writeFileSync(join(folder, "short.iso"), whole.subarray(0, whole.length / 2));
    const { code, err } = await image(folder, "--base", "short.iso");
    expect(code).toBe(1);
    expect(err).toMatch(/^short\.iso: .+\nflotilla: 1 mistake\n$/);
    expect(readdirSync(join(folder, "dist/edge/cafe-01"))).toEqual(["cafe-01.iso"]);
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
  const commands = ["image cafe-01", "image cafe-01 --stdout", "image --all"];

  test.each(commands)("says its warnings and goes on: %s", async (words) => {
    const folder = await fleetWith("storage:\n  filez: []\n");
    const args = [...words.split(" "), "--base", "none.iso"];
    const { err } = await flotilla(folder, args, {}, { stream });
    expect(err.split("\n").slice(0, 2)).toEqual([
      "warning: extra.bu:4:3: storage.filez: unused key filez",
      expect.stringContaining("none.iso: there is no such file."),
    ]);
  });

  test.each(commands)("is stopped by its mistakes: %s", async (words) => {
    const folder = await fleetWith("storage:\n  files:\n    - path: no-slash\n");
    const args = [...words.split(" "), "--base", "none.iso"];
    const run = await flotilla(folder, args, {}, { stream });
    expect(run).toEqual({
      code: 1,
      out: "",
      err: "extra.bu:5:13: storage.files.0.path: path not absolute\nflotilla: 1 mistake\n",
    });
  });
});

describe("image, when something is missing", () => {
  test("no such device: what was meant, or what there is", async () => {
    const folder = await fleetFolder();
    const said = async (name: string) => (await flotilla(folder, ["image", name])).err;
    expect(await said("cafe-1")).toBe(
      'fleet.yaml: there is no device "cafe-1" in this fleet. Did you mean cafe-01?\nflotilla: 1 mistake\n',
    );
    expect(await said("warehouse")).toBe(
      'fleet.yaml: there is no device "warehouse" in this fleet. There are 3: cafe-01, cafe-02, cafe-03\nflotilla: 1 mistake\n',
    );
  });

  test("no such file, a folder, no ISO, an empty file", async () => {
    const folder = await fleetFolder();
    writeFileSync(join(folder, "text.iso"), "no ISO\n".repeat(10_000));
    writeFileSync(join(folder, "empty.iso"), "");
    const said = async (path: string) => (await image(folder, "--base", path)).err;
    const remedy = "Give the path of a Fedora CoreOS live ISO that you downloaded";
    expect(await said("none.iso")).toBe(
      `none.iso: there is no such file. ${remedy}\nflotilla: 1 mistake\n`,
    );
    expect(await said(".")).toBe(`.: this is not a file. ${remedy}\nflotilla: 1 mistake\n`);
    for (const path of ["text.iso", "empty.iso"]) {
      expect(await said(path)).toContain(`${path}: `);
      expect(readdirSync(folder)).not.toContain("dist");
    }
  });
});
