/** `flotilla flash`: what it refuses, what it asks, and what it reads back. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, readSync } from "node:fs";
import { symlinkSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { deviceNumber, inspectDisk, type Kernel } from "../../../cli/media/disk.ts";
import { compareDisk, flashDevice, formatDisk } from "../../../cli/media/flash.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { embeddedInstall } from "../../../edge/installer/embedded-install.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");
const mebibyte = 1_048_576;

/** A kernel with one disk, sdb, of two partitions; `files` are below its root. */
function kernelWith(files: Readonly<Record<string, string>> = {}): Kernel {
  const root = temporaryFolder();
  const disk = "sys/devices/usb1/block/sdb";
  const all: Record<string, string> = {
    [`${disk}/dev`]: "8:16\n",
    [`${disk}/size`]: "62333952\n",
    [`${disk}/ro`]: "0\n",
    [`${disk}/device/vendor`]: "SanDisk \n",
    [`${disk}/device/model`]: "Ultra           \n",
    [`${disk}/serial`]: "4C530001\n",
    [`${disk}/sdb1/dev`]: "8:17\n",
    [`${disk}/sdb1/partition`]: "1\n",
    [`${disk}/sdb2/dev`]: "8:18\n",
    [`${disk}/sdb2/partition`]: "2\n",
    "sys/devices/pci/block/nvme0n1/dev": "259:0\n",
    "sys/devices/pci/block/nvme0n1/size": "1000000\n",
    "sys/devices/pci/block/nvme0n1/nvme0n1p3/dev": "259:3\n",
    "sys/devices/pci/block/nvme0n1/nvme0n1p3/partition": "3\n",
    "sys/devices/virtual/block/dm-0/dev": "253:0\n",
    "proc/self/mountinfo": "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw\n",
    "proc/swaps": "Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const link = (path: string, target: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(join(root, target), join(root, path));
  };
  link("sys/dev/block/8:16", disk);
  link("sys/dev/block/8:17", `${disk}/sdb1`);
  link("sys/dev/block/259:0", "sys/devices/pci/block/nvme0n1");
  link("sys/dev/block/253:0", "sys/devices/virtual/block/dm-0");
  // The root file system is on a volume, and the volume on a partition of the first disk.
  link(
    "sys/devices/virtual/block/dm-0/slaves/nvme0n1p3",
    "sys/devices/pci/block/nvme0n1/nvme0n1p3",
  );
  const numbers: Readonly<Record<string, string>> = {
    "/dev/sdb": "8:16",
    "/dev/sdb1": "8:17",
    "/dev/sdb2": "8:18",
    "/dev/nvme0n1": "259:0",
    "/dev/dm-0": "253:0",
  };
  return { root, numberOf: (path) => numbers[path] };
}

const disk = "sys/devices/usb1/block/sdb";

function refusals(path: string, kernel: Kernel): string[] {
  try {
    inspectDisk(path, kernel);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map(({ message }) => message);
  }
}

describe("a disk", () => {
  test("that is not in use is described as on its label", () => {
    const found = inspectDisk("/dev/sdb", kernelWith());
    expect(found).toEqual({
      path: "/dev/sdb",
      name: "sdb",
      number: "8:16",
      sizeBytes: 31_914_983_424,
      model: "SanDisk Ultra",
      serial: "4C530001",
    });
    expect(formatDisk(found)).toBe(
      "This disk will be erased:\n  disk     /dev/sdb\n  model    SanDisk Ultra\n" +
        "  size     29.7 GiB\n  serial   4C530001",
    );
  });

  const mounted = "30 22 8:17 / /media/my\\040stick rw - vfat /dev/sdb1 rw\n";
  const cases: readonly (readonly [
    name: string,
    path: string,
    files: Readonly<Record<string, string>>,
    messages: readonly string[],
  ])[] = [
    ["a partition", "/dev/sdb1", {}, ["this is a partition. Give the whole disk: /dev/sdb"]],
    ["the system's disk, below LVM", "/dev/nvme0n1", {}, ["the running system is on this disk"]],
    ["no medium", "/dev/sdb", { [`${disk}/size`]: "0\n" }, ["it has no medium"]],
    [
      "a write protection",
      "/dev/sdb",
      { [`${disk}/ro`]: "1\n" },
      ["it is read-only: look for a switch on the stick or the card"],
    ],
    [
      "mounted, in a container's eyes not",
      "/dev/sdb",
      { "proc/1/mountinfo": mounted },
      ["sdb1 is mounted at /media/my stick. Unmount it: umount"],
    ],
    [
      "btrfs, which has its own device number, and swap",
      "/dev/sdb",
      {
        "proc/1/mountinfo": "30 22 0:45 / /data rw - btrfs /dev/sdb1 rw\n",
        "proc/swaps": "Filename Type Size\n/dev/sdb2 partition 4096\n",
      },
      ["sdb1 is mounted at /data. Unmount it: umount", "sdb2 is used as swap. Stop it: swapoff"],
    ],
    [
      "a part of a volume group and of a RAID",
      "/dev/sdb",
      { [`${disk}/sdb1/holders/dm-3/dm/name`]: "vg-data\n", [`${disk}/sdb2/holders/md0/x`]: "" },
      [
        "sdb1 is a part of vg-data (LVM, RAID or encryption). Stop it first",
        "sdb2 is a part of md0 (LVM, RAID or encryption). Stop it first",
      ],
    ],
    [
      "made of other disks",
      "/dev/sdb",
      { [`${disk}/slaves/sdc1/x`]: "" },
      ["it is made of sdc1 (LVM, RAID or encryption). Give one of these disks"],
    ],
  ];
  test.each(cases)("refused: %s", (_, path, files, messages) => {
    expect(refusals(path, kernelWith(files))).toEqual(messages);
  });

  test("refused: a file, a folder, nothing", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a.iso"), "");
    expect(refusals(join(folder, "a.iso"), kernelWith())).toEqual([
      "this is a file, not a disk. To write an image to a file: flotilla image",
    ]);
    expect(refusals(folder, kernelWith())).toEqual(["this is not a disk. No disk was found"]);
    const disks = {
      "sys/block/sdb/size": "62333952\n",
      "sys/block/sdb/device/model": "Ultra   \n",
      "sys/block/sdc/size": "0\n",
      "sys/block/loop0/size": "8\n",
      "sys/block/nvme0n1/size": "1000000\n",
    };
    expect(refusals(join(folder, "x"), kernelWith(disks))).toEqual([
      "it does not exist. Disks here: /dev/nvme0n1 (488 MiB), /dev/sdb (Ultra, 29.7 GiB)",
    ]);
  });

  test("has the number that stat(2) packs", () => {
    expect(deviceNumber(0x0810)).toBe("8:16");
    expect(deviceNumber(0x1010305)).toBe("259:4101");
  });
});

test("compareDisk finds the first byte that differs", async () => {
  const path = join(temporaryFolder(), "disk");
  const bytes = Buffer.alloc(9 * mebibyte + 2_048, "written ");
  writeFileSync(path, bytes);
  truncateSync(path, 10 * mebibyte);
  const quiet = { progress: () => {} };
  await compareDisk(memorySource(bytes), path, "reading", quiet);
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, "X", 5 * mebibyte + 7);
  closeSync(descriptor);
  await expect(compareDisk(memorySource(bytes), path, "reading", quiet)).rejects.toThrow(
    `${path} returns other bytes than were written, from byte ${5 * mebibyte + 7} on. It is`,
  );
  truncateSync(path, mebibyte);
  await expect(compareDisk(memorySource(bytes), path, "reading", quiet)).rejects.toThrow(
    `from byte ${mebibyte} on`,
  );
});

/** A folder with a first fleet, its key and a base of 1 MiB. */
async function fleetFolder(): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  if (skeleton) writeFileSync(join(folder, "base.iso"), gunzipSync(readFileSync(skeleton)));
  return folder;
}

/** A loop device over a file; undefined if this machine cannot make one. */
function loopDevice(folder: string, size: number, ...options: string[]) {
  const file = join(folder, "stick");
  const descriptor = openSync(file, "w");
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
  const { status, stdout } = spawnSync("losetup", ["-f", "--show", ...options, file], {
    encoding: "utf8",
  });
  if (status !== 0) return undefined;
  const device = stdout.trim();
  onTestFinished(() => void execFileSync("losetup", ["-d", device]));
  return { device, name: device.replace("/dev/", ""), file };
}

const probe = spawnSync("losetup", ["-f"]);
const noLoop = process.getuid?.() !== 0 || probe.error !== undefined || probe.status !== 0;

describe.skipIf(noLoop || !skeleton)(
  "flash, on loop devices (skipped: needs root, losetup)",
  () => {
    test("writes what image writes, and reads it back without the cache", async () => {
      const folder = await fleetFolder();
      const stick = loopDevice(folder, 8 * mebibyte);
      if (!stick) return;
      const args = [
        "flash",
        "cafe-02",
        stick.device,
        "--allow-release",
        "--base",
        "base.iso",
        "--yes",
        "--json",
      ];
      const run = await flotilla(folder, args);
      expect(run.code).toBe(0);
      expect(run.err).toContain("This disk will be erased:\n  disk     " + stick.device);
      expect(run.err).toContain(`writing ${stick.name}: 100% of 1.00 MiB`);
      expect(run.err).toContain(`reading ${stick.name} back: 100% of 1.00 MiB`);
      const bytes = Buffer.alloc(mebibyte);
      const descriptor = openSync(stick.device, "r");
      readSync(descriptor, bytes, 0, bytes.length, 0);
      closeSync(descriptor);
      expect(JSON.parse(run.out)).toEqual({
        device: "cafe-02",
        disk: {
          path: stick.device,
          name: stick.name,
          number: `7:${stick.name.replace("loop", "")}`,
          sizeBytes: 8 * mebibyte,
          model: stick.file,
        },
        bytes: mebibyte,
        sha256: createHash("sha256").update(bytes).digest("hex"),
        readFromDisk: true,
        seconds: expect.any(Number),
      });
      await flotilla(folder, ["image", "cafe-02", "--allow-release", "--base", "base.iso"]);
      expect(bytes.equals(readFileSync(join(folder, "dist/edge/cafe-02/cafe-02.iso")))).toBe(true);
      expect(embeddedInstall(openImage("", memorySource(bytes)))?.device).toBeDefined();
    });

    test("writes the image of a site", async () => {
      const folder = await fleetFolder();
      const stick = loopDevice(folder, 8 * mebibyte);
      if (!stick) return;
      const site = ["--site", "harbour-street"];
      const base = ["--allow-release", "--base", "base.iso"];
      const run = await flotilla(folder, ["flash", ...site, stick.device, ...base, "--yes"]);
      expect([run.code, run.out.split(" to ")[0]]).toEqual([
        0,
        "Wrote 1.00 MiB for 3 devices of harbour-street",
      ]);
      await flotilla(folder, ["image", ...site, "--shared", ...base]);
      const image = "dist/edge/_sites/harbour-street/harbour-street-x86_64.iso";
      const bytes = readFileSync(stick.file).subarray(0, mebibyte);
      expect(bytes.equals(readFileSync(join(folder, image)))).toBe(true);
    });

    test("asks for the disk's name, and writes nothing after another answer", async () => {
      const folder = await fleetFolder();
      const stick = loopDevice(folder, 8 * mebibyte);
      if (!stick) return;
      const questions: string[] = [];
      const answering = (answer: string) => ({
        ask: async (question: string) => {
          questions.push(question);
          return answer;
        },
      });
      const args = ["flash", "cafe-02", stick.device, "--allow-release", "--base", "base.iso"];
      for (const answer of ["y", "", "cafe-02"]) {
        const run = await flotilla(folder, args, {}, answering(answer));
        expect([run.code, run.err.endsWith("flotilla: nothing was written\n")]).toEqual([1, true]);
      }
      expect(readFileSync(stick.file).every((byte) => byte === 0)).toBe(true);
      expect(new Set(questions)).toEqual(new Set([`Type ${stick.name} to erase it: `]));
      const run = await flotilla(folder, args, {}, answering(`${stick.name}\n`));
      expect(run.code).toBe(0);
      expect(run.out).toMatch(
        /^Wrote 1\.00 MiB for cafe-02 to \/dev\/loop\d+ in [\d.]+ s; the same bytes read back \(from the disk\)\.\nsha256 [0-9a-f]{64}\n$/,
      );
    });

    test("refuses a disk that is too small, or read-only, or mounted", async () => {
      const folder = await fleetFolder();
      const small = loopDevice(folder, mebibyte / 2);
      const flash = async (device: string) =>
        (
          await flotilla(folder, [
            "flash",
            "cafe-02",
            device,
            "--allow-release",
            "--base",
            "base.iso",
            "--yes",
          ])
        ).err;
      await flotilla(folder, ["synth", "--only", "gitops"]);
      expect(await flash(small?.device ?? "")).toContain(
        `${small?.device}: this disk has 512 KiB, and the image has 1.00 MiB. Use a larger one\n` +
          "flotilla: 1 mistake\n",
      );
      const other = temporaryFolder();
      const locked = loopDevice(other, 8 * mebibyte, "--read-only");
      expect(await flash(locked?.device ?? "")).toContain("it is read-only");

      const third = temporaryFolder();
      const used = loopDevice(third, 8 * mebibyte);
      if (!used || spawnSync("mkfs.ext4", ["-q", used.device]).status !== 0) return;
      mkdirSync(join(third, "mount"));
      execFileSync("mount", [used.device, join(third, "mount")]);
      onTestFinished(() => void spawnSync("umount", [join(third, "mount")]));
      expect(await flash(used.device)).toContain(
        `${used.name} is mounted at ${join(third, "mount")}. Unmount it: umount\n`,
      );
      // The kernel refuses what happens between the check and the writing.
      const numberOf = (path: string) => (path === used.device ? "8:16" : undefined);
      const blind: Kernel = { ...kernelWith(), numberOf };
      const silent = { environment: {}, out: () => {}, progress: () => {} };
      const raced = flashDevice(
        join(folder, "fleet.yaml"),
        "cafe-02",
        used.device,
        { base: join(folder, "base.iso"), allowRelease: true, yes: true },
        silent,
        blind,
      );
      await expect(raced).rejects.toThrow(`${used.device}: something uses this device; unmount it`);
    });
  },
);

test("without a terminal and without --yes, nothing is written", async () => {
  const folder = await fleetFolder();
  const session = { environment: {}, out: () => {}, progress: () => {} };
  const asks = flashDevice(
    join(folder, "fleet.yaml"),
    "cafe-01",
    "/dev/sdb",
    {},
    session,
    kernelWith(),
  );
  await expect(asks).rejects.toThrow(
    "/dev/sdb would be erased, and there is no terminal to ask. Add --yes if you are sure",
  );
  // What cannot be erased is reported first.
  for (const more of [[], ["--yes"]]) {
    const run = await flotilla(folder, ["flash", "cafe-01", "/dev/sdzz", ...more]);
    expect(run.code).toBe(1);
    expect(run.err).toMatch(/^\/dev\/sdzz: it does not exist\. (Disks|There is no disk) here.*\n/);
  }
});
