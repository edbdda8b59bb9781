/**
 * The disk of a machine: Debian's root file system with the layout of Fedora CoreOS, stand-ins for the
 * programs of Fedora CoreOS (the folder `root` beside this file), and the device's own Ignition where the
 * installer writes it. The machine's initrd applies it at the first boot.
 */
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../control-plane.ts";
import { run } from "../processes.ts";

export interface DiskOptions {
  /** The folder for what several disks share: the unpacked root file system. */
  readonly folder: string;
  /** The path of the disk. */
  readonly path: string;
  readonly ignition: string;
  /** Whether its system waits for the network and the clock as long as a real one. @default longer */
  readonly impatient?: boolean;
  /** Whether K3s' stand-in has an API server and a store to start. @default false */
  readonly withApi?: boolean;
  /** Further files on the disk: the path on it → the path here. @default none */
  readonly files?: Readonly<Record<string, string>>;
}

const parts = "usr/libexec/flotilla-test";

/** The peers, at the paths that the stand-ins expect. */
const programs = (): Readonly<Record<string, string>> => ({
  [`${parts}/ignition`]: peer("ignition-2.27.0"),
  [`${parts}/kubectl`]: peer("kubectl-1.35.2"),
});

/** A fifth of a disk, which only the case of the hub needs. */
const apiPrograms = (): Readonly<Record<string, string>> => ({
  [`${parts}/kube-apiserver`]: peer("kubernetes-1.36.3-2"),
  [`${parts}/kine`]: peer("kine-0.16.4"),
});

function copyPrograms(root: string, all: Readonly<Record<string, string>>): void {
  for (const [path, from] of Object.entries(all)) {
    copyFileSync(from, join(root, path));
    chmodSync(join(root, path), 0o755);
  }
}

/** Debian's root file system with everything but a configuration. Made once in a folder. */
export async function baseRoot(folder: string): Promise<string> {
  const root = join(folder, "root");
  if (existsSync(root)) return root;
  const making = join(folder, "root.new");
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  await run(["tar", "-xpf", join(peer("boot-machine-debian-12-3"), "root.tar"), "-C", making]);
  layOut(making);
  cpSync(join(import.meta.dirname, "root"), making, { recursive: true, force: true });
  copyPrograms(making, programs());
  await run(["mv", making, root]);
  return root;
}

/** Fedora CoreOS: `/usr/local`, `/home` and `/root` are links into /var, and only presets enable units. */
function layOut(root: string): void {
  const at = (path: string) => join(root, path);
  for (const path of ["usr/local", "home", "root", "etc/systemd/system", "etc/resolv.conf"].concat([
    "etc/hostname",
    "etc/localtime",
    "etc/chrony/chrony.conf",
    "etc/machine-id",
  ])) {
    rmSync(at(path), { recursive: true, force: true });
  }
  const folders = [
    "var/usrlocal/bin",
    "var/home",
    "var/roothome",
    "boot/ignition",
    "sysroot",
  ].concat(["etc/systemd/system", "etc/zincati/config.d", "etc/yum.repos.d", "etc/issue.d"]);
  for (const path of folders) mkdirSync(at(path), { recursive: true });
  // It would ask questions on the console and wait for a key; Fedora CoreOS does not start it.
  rmSync(at("usr/lib/systemd/system/sysinit.target.wants/systemd-firstboot.service"));
  const units = "usr/lib/systemd/system";
  const links = {
    home: "var/home",
    root: "var/roothome",
    "usr/local": "../var/usrlocal",
    // NetworkManager then tells systemd-resolved the name servers.
    "etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf",
    // Files in /tmp are in memory: services with a sandbox start although the disk is full.
    [`${units}/tmp.mount`]: "/usr/share/systemd/tmp.mount",
    [`${units}/local-fs.target.wants/tmp.mount`]: "../tmp.mount",
  };
  for (const [path, target] of Object.entries(links)) symlinkSync(target, at(path));
  symlinkSync("../chrony.conf", at("etc/chrony/chrony.conf"));
  writeFileSync(at("etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n");
}

/** An emulated machine is twenty times slower than a real one. */
const longWaits: Readonly<Record<string, string>> = {
  "usr/lib/systemd/system.conf.d/slow.conf": "[Manager]\nDefaultTimeoutStartSec=15min\n",
  "usr/lib/systemd/system/NetworkManager-wait-online.service.d/slow.conf":
    "[Service]\nEnvironment=NM_ONLINE_TIMEOUT=900\n",
  "usr/lib/systemd/system/chrony-wait.service.d/slow.conf": [
    "[Service]",
    "TimeoutStartSec=15min",
    "ExecStart=",
    "ExecStart=/usr/bin/chronyc -h 127.0.0.1,::1 waitsync 0 120 0 1",
    "",
  ].join("\n"),
  "usr/lib/NetworkManager/conf.d/slow.conf": "[connection]\nipv4.dhcp-timeout=600\n",
};

/** It would trust neither the server nor the clock, and keep the speed of a busy machine for the next start. */
const trustfulClock: Readonly<Record<string, string>> = {
  "usr/lib/systemd/system/chrony.service.d/slow.conf": [
    "[Service]",
    "ExecStart=",
    'ExecStart=!/usr/sbin/chronyd -F 1 "include /etc/chrony.conf" "maxdistance 1000000" "maxjitter 1000000" \\',
    '  "makestep 1 -1" "driftfile /run/chrony/drift"',
    "",
  ].join("\n"),
};

/** A file with the device's file system, about 0.7 GB of 3. */
export async function makeDisk(options: DiskOptions): Promise<void> {
  const { folder, path, ignition, impatient = false, withApi = false, files = {} } = options;
  const root = await baseRoot(folder);
  const api = withApi ? apiPrograms() : {};
  const own: Readonly<Record<string, string>> = {
    "boot/ignition/config.ign": ignition,
    "boot/ignition.firstboot": "",
    ...trustfulClock,
    ...(impatient ? {} : longWaits),
    ...(withApi ? { [`${parts}/with-api`]: "" } : {}),
    ...files,
  };
  for (const [name, text] of Object.entries(own)) {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), text, { mode: 0o644 });
  }
  copyPrograms(root, api);
  rmSync(path, { force: true });
  await run(["mkfs.ext4", "-q", "-d", root, path, "3G"]);
  for (const name of Object.keys({ ...own, ...api })) rmSync(join(root, name));
}
