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
import { childSeconds, measured } from "./measure.ts";
import { row } from "./row.ts";

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;
const devices = 100;
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
  manyImages(folder, base);
  rmSync(join(folder, "dist"), { recursive: true });
  for (const kind of ["btrfs", "xfs"]) sharedBlocks(scratch, base, kind);
}

/** A skeleton with a payload behind it that no file system can leave out. */
function makeBase(path: string, head: Buffer): void {
  const descriptor = openSync(path, "w");
  writeSync(descriptor, head);
  const block = Buffer.alloc(mebibyte, "payload that is no hole ");
  for (let offset = head.length; offset < gibibyte; offset += block.length) {
    writeSync(descriptor, block, 0, block.length, offset);
  }
  ftruncateSync(descriptor, gibibyte);
  closeSync(descriptor);
}

/** A fleet of x86 devices, and the install.ign of one. */
function prepare(folder: string): string {
  const text = fleetText(devices).replaceAll("profile: raspberry-pi-4", "profile: mini-pc");
  writeFileSync(join(folder, "fleet.yaml"), text);
  measured(folder, ["keygen"]);
  measured(folder, ["synth", "--only", "edge"]);
  return join(folder, "dist", "edge", "store-001", "install.ign");
}

function oneImage(folder: string, base: string, ignition: string): void {
  const usage = measured(folder, ["image", "store-001", "--base", base]);
  row("flotilla image, one from a base of 1 GiB to a new file", {
    CPU: `${usage.cpuSeconds.toFixed(2)} s`,
    wall: `${usage.wallSeconds.toFixed(2)} s`,
    peak: `${usage.peakMebibytes.toFixed(0)} MiB (goal: at most 120)`,
  });
  const theirs = installerSeconds(base, ignition, join(folder, "theirs.iso"), 3);
  if (theirs === undefined) return;
  row("  coreos-installer iso ignition embed", {
    CPU: `${theirs.toFixed(2)} s: ours takes ${(usage.cpuSeconds / theirs).toFixed(2)} of it (goal: at most 1)`,
  });
}

/** CPU seconds of one embedding by the real tool, the mean of several. */
function installerSeconds(
  base: string,
  ignition: string,
  output: string,
  runs: number,
): number | undefined {
  const installer = peerPath("coreos-installer-0.27.0");
  if (installer === undefined) {
    console.log("  SKIPPED: coreos-installer is not built");
    return undefined;
  }
  const line = `"${installer}" iso ignition embed -i "${ignition}" -o "${output}" "${base}"; rm "${output}"`;
  const script = `${Array.from({ length: runs }, () => line).join("\n")}\ntimes`;
  const { stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  return childSeconds(stdout) / runs;
}

/** A hundred need a hundred GiB where blocks are not shared: as many as there is room for. */
function manyImages(folder: string, base: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const room = Math.floor((bavail * bsize) / gibibyte / 2);
  const count = Math.min(devices, 20, room);
  const names = readdirSync(join(folder, "dist", "edge")).filter((name) =>
    name.startsWith("store"),
  );
  const chosen = names.toSorted().slice(1, count + 1);
  const usage = measured(folder, ["image", ...chosen, "--base", base]);
  row(`flotilla image, ${count} from one base of 1 GiB, on this file system`, {
    CPU: `${(usage.cpuSeconds / count).toFixed(2)} s each`,
    wall: `${(usage.wallSeconds / count).toFixed(2)} s each`,
    peak: `${usage.peakMebibytes.toFixed(0)} MiB`,
  });
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
    prepare(mount);
    const before = usedBytes(mount);
    const usage = measured(mount, ["image", "--all", "--base", local]);
    const each = (usedBytes(mount) - before) / devices;
    row(`flotilla image, ${devices} from one base of 1 GiB, on ${kind}`, {
      CPU: `${(usage.cpuSeconds / devices).toFixed(3)} s each`,
      disk: `${(each / mebibyte).toFixed(2)} MiB each (goal: under 1)`,
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
