/**
 * Images beside coreos-installer: one from a base of 1 GiB, a hundred from the same, and what a file
 * system that shares blocks has to write for them.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, copyFileSync, existsSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { peerPath, sharedPath } from "../peers/peers.ts";
import { fleetText } from "./fleets.ts";
import { childSeconds, measured, median, startSeconds, withSurroundings } from "./measure.ts";
import type { Surroundings, Usage } from "./measure.ts";
import { goal, row } from "./row.ts";

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;
const devices = 100;
/** The number of images that share the blocks of their base. */
const sharedDevices = 1_000;
const rounds = 3;
/** At once on a file system that shares nothing: a hundred would take a hundred GiB. */
const imagesMax = 10;
/** The goal for the memory of any number of images. */
const memory = { most: 120, unit: "MiB" };
const skeleton = "embed-areas-2023-07.x86_64.iso.gz";

export function imagesBench(scratch: string): void {
  const fixtures = sharedPath("fixtures/iso");
  if (fixtures === undefined) return console.log("SKIPPED: images, there are no ISO skeletons");
  const folder = join(scratch, "images");
  mkdirSync(folder);
  const base = join(folder, "base.iso");
  makeBase(base, gunzipSync(readFileSync(join(fixtures, skeleton))));
  const ignition = prepare(folder);
  oneImage(folder, base, ignition);
  rmSync(join(folder, "dist", "edge", "store-001", "store-001.iso"));
  manyImages(folder, base, ignition);
  oneOfThousand(scratch, gunzipSync(readFileSync(join(fixtures, skeleton))));
  for (const kind of ["btrfs", "xfs"]) sharedBlocks(scratch, base, kind);
}

/** The base has no payload, so there is nothing to copy. */
function oneOfThousand(scratch: string, skeletonBytes: Buffer): void {
  const folder = join(scratch, "one-image");
  mkdirSync(folder);
  const base = join(folder, "base.iso");
  writeFileSync(base, skeletonBytes);
  prepare(folder, sharedDevices, ["gitops"]);
  const make = () =>
    measured(folder, ["image", "store-0007", "--allow-release", "--base", base]).cpuSeconds;
  const cpuSeconds = median([make(), make(), make()]);
  row("flotilla image, one device of 1,000, without the copying", {
    CPU: `${cpuSeconds.toFixed(2)} s`,
  });
  goal("image, one device of 1,000, without the copying", cpuSeconds, {
    most: 0.6,
    unit: "s",
    to: "Node's own start",
    base: startSeconds(),
  });
}

/** A skeleton with a payload behind it that no file system can leave out. */
function makeBase(path: string, head: Buffer): void {
  const descriptor = openSync(path, "w");
  writeSync(descriptor, head);
  const block = Buffer.alloc(mebibyte, "payload without a hole  ");
  for (let offset = head.length; offset < gibibyte; offset += block.length) {
    writeSync(descriptor, block, 0, block.length, offset);
  }
  ftruncateSync(descriptor, gibibyte);
  closeSync(descriptor);
}

/** A fleet of x86 devices, and the device.ign of one. */
function prepare(folder: string, count = devices, parts: readonly string[] = ["edge"]): string {
  const text = fleetText(count).replaceAll("profile: raspberry-pi-4", "profile: mini-pc");
  writeFileSync(join(folder, "fleet.yaml"), text);
  measured(folder, ["keygen"]);
  for (const part of parts) measured(folder, ["synth", "--only", part]);
  return join(folder, "dist", "edge", "store-001", "device.ign");
}

function oneImage(folder: string, base: string, ignition: string): void {
  const usage = measured(folder, ["image", "store-001", "--allow-release", "--base", base]);
  row("flotilla image, one from a base of 1 GiB to a new file", {
    CPU: `${usage.cpuSeconds.toFixed(2)} s`,
    wall: `${usage.wallSeconds.toFixed(2)} s`,
    peak: `${usage.peakMebibytes.toFixed(0)} MiB`,
  });
  goal("image, one from a base of 1 GiB: memory", usage.peakMebibytes, memory);
  const installer = realInstaller();
  if (installer === undefined) return;
  const theirs = installerSeconds(installer, base, ignition, folder, 3);
  removeTheirs(folder);
  row("  coreos-installer iso ignition embed", {
    CPU: `${theirs.toFixed(2)} s: ours takes ${(usage.cpuSeconds / theirs).toFixed(2)} of it`,
  });
  const ratio = usage.cpuSeconds / theirs;
  goal("image, one of 1 GiB, CPU by coreos-installer's", ratio, { most: 1, unit: "" });
}

function realInstaller(): string | undefined {
  const installer = peerPath("coreos-installer-0.27.0");
  if (installer === undefined) console.log("  SKIPPED: coreos-installer is not built");
  return installer;
}

/** CPU seconds of one embedding by the real tool, the mean of several. */
function installerSeconds(
  installer: string,
  base: string,
  ignition: string,
  folder: string,
  images: number,
): number {
  const outputs = Array.from({ length: images }, (_, index) => join(folder, `theirs-${index}.iso`));
  const lines = outputs.map(
    (output) => `"${installer}" iso ignition embed -i "${ignition}" -o "${output}" "${base}"`,
  );
  const script = `set -e\n${lines.join("\n")}\ntimes`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  if (status !== 0) throw new Error(`coreos-installer: ${stderr}`);
  return childSeconds(stdout) / images;
}

function removeTheirs(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith("theirs-")) rmSync(join(folder, name));
  }
}

/** Many by one command, as many by the real tool. With a hundred our start would weigh less. */
function manyImages(folder: string, base: string, ignition: string): void {
  if (process.platform !== "linux") return console.log("  SKIPPED: many images, needs Linux");
  const { bavail, bsize } = statfsSync(folder);
  const images = Math.min(imagesMax, Math.floor((bavail * bsize) / gibibyte / 2));
  const names = readdirSync(join(folder, "dist", "edge"))
    .filter((name) => name.startsWith("store"))
    .toSorted()
    .slice(0, images);
  const installer = realInstaller();
  const ours: Surroundings<Usage>[] = [];
  const theirs: Surroundings<number>[] = [];
  // In turn, so that what else the machine does falls on both.
  for (let round = 0; round < rounds; round++) {
    if (installer !== undefined) {
      const embed = () => installerSeconds(installer, base, ignition, folder, images);
      theirs.push(withSurroundings(folder, embed));
      removeTheirs(folder);
    }
    const make = () => measured(folder, ["image", ...names, "--allow-release", "--base", base]);
    ours.push(withSurroundings(folder, make));
    for (const name of names) rmSync(join(folder, "dist", "edge", name, `${name}.iso`));
  }
  const ourSeconds = median(ours.map(({ result }) => result.cpuSeconds / images));
  const peak = Math.max(...ours.map(({ result }) => result.peakMebibytes));
  row(`flotilla image, ${images} from one base of 1 GiB, on this file system`, {
    CPU: `${ourSeconds.toFixed(3)} s each`,
    ...formatSurroundings(ours, images),
    peak: `${peak.toFixed(0)} MiB`,
  });
  goal(`image, ${images} from one base of 1 GiB: memory`, peak, memory);
  if (theirs.length === 0) return;
  const theirSeconds = median(theirs.map(({ result }) => result));
  row(`  coreos-installer iso ignition embed, ${images} times`, {
    CPU: `${theirSeconds.toFixed(3)} s each: ours takes ${(ourSeconds / theirSeconds).toFixed(2)} of it`,
    ...formatSurroundings(theirs, images),
  });
  const ratio = ourSeconds / theirSeconds;
  goal(`image, ${images} of 1 GiB, CPU by coreos-installer's`, ratio, { most: 0.5, unit: "" });
  const written = (runs: readonly Surroundings<unknown>[]) =>
    median(runs.map(({ writtenBytes }) => writtenBytes));
  row("  bytes written, ours to theirs", {
    ratio: (written(ours) / written(theirs)).toFixed(2),
  });
}

/** The process' own time says nothing of what the kernel writes after it: the machine's does. */
function formatSurroundings(
  runs: readonly Surroundings<unknown>[],
  images: number,
): Record<string, string> {
  const each = (figure: (run: Surroundings<unknown>) => number) =>
    median(runs.map(figure)) / images;
  return {
    "CPU of the whole machine": `${each(({ machineSeconds }) => machineSeconds).toFixed(3)} s each`,
    written: `${(each(({ writtenBytes }) => writtenBytes) / mebibyte).toFixed(1)} MiB each`,
    wall: `${each(({ wallSeconds }) => wallSeconds).toFixed(2)} s each until on the disk`,
  };
}

/** On a file system that shares blocks, in a loop file of the benchmark's own. */
function sharedBlocks(scratch: string, base: string, kind: string): void {
  if (process.getuid?.() !== 0 || !existsSync(`/usr/sbin/mkfs.${kind}`)) {
    return console.log(`  SKIPPED: ${kind} in a loop file needs root and mkfs.${kind}`);
  }
  const volume = join(scratch, `${kind}.volume`);
  const mount = join(scratch, `${kind}-mount`);
  execFileSync("truncate", ["-s", "4G", volume]);
  execFileSync(`mkfs.${kind}`, ["-q", volume]);
  mkdirSync(mount);
  execFileSync("mount", ["-o", "loop", volume, mount]);
  try {
    const local = join(mount, "base.iso");
    copyFileSync(base, local);
    prepare(mount, sharedDevices, ["gitops"]);
    const before = usedBytes(mount);
    const usage = measured(mount, ["image", "--all", "--allow-release", "--base", local]);
    const each = (usedBytes(mount) - before) / sharedDevices;
    const cpuSeconds = usage.cpuSeconds / sharedDevices;
    goal(`image, 1,000 of one base on ${kind}, each`, cpuSeconds, { most: 0.02, unit: "s" });
    row(`flotilla image, 1,000 from one base of 1 GiB, on ${kind}`, {
      CPU: `${cpuSeconds.toFixed(3)} s each`,
      disk: `${(each / mebibyte).toFixed(2)} MiB each`,
    });
    goal(`image, 1,000 of one base on ${kind}, disk for each`, each / mebibyte, {
      most: 1,
      unit: "MiB",
    });
  } finally {
    execFileSync("umount", [mount]);
  }
}

function usedBytes(mount: string): number {
  execFileSync("sync", ["-f", mount]);
  const { blocks, bfree, bsize } = statfsSync(mount);
  return (blocks - bfree) * bsize;
}
