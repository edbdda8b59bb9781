/** Runs the script that chooses a disk, with the commands of the live system replaced. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { liveInstall } from "../../../edge/installer/live-install.ts";
import type { Installation } from "../../../edge/installer/installation.ts";
import { fileInConfig } from "../../../edge/iso/contents.ts";
import type { InstallDisk } from "../../../fleet/model/disk.ts";

export const hasJq = spawnSync("jq", ["--version"]).status === 0;

export interface Disk {
  readonly name: string;
  readonly size: number;
  readonly [key: string]: unknown;
}

const lsblkDefaults = {
  tran: "sata",
  rota: false,
  rm: false,
  ro: false,
  model: null,
  serial: null,
  fstype: null,
  label: null,
  mountpoint: null,
};

/** As lsblk of util-linux 2.39 prints it. */
export function disk(
  name: string,
  size: number,
  rest: Readonly<Record<string, unknown>> = {},
): Disk {
  return {
    name,
    kname: name,
    type: "disk",
    size,
    ...lsblkDefaults,
    ...rest,
  };
}
export const nvme = (name: string, size: number, rest = {}) =>
  disk(name, size, { tran: "nvme", ...rest });
export const stick = (name = "sdz", mountpoint: string | null = "/run/media/iso") =>
  disk(name, 8e9, {
    tran: "usb",
    rota: true,
    rm: true,
    model: "Cruzer Blade",
    serial: "4C53",
    fstype: "iso9660",
    label: "fedora-coreos-44.20260621.3.1",
    children: [disk(`${name}1`, 1e9, { type: "part", mountpoint })],
  });
export interface Machine {
  readonly disks: readonly Disk[];
  /** Names in /dev/disk/by-path. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Lines of `lsblk -nrpo NAME` and more, by disk. */
  readonly below?: Readonly<Record<string, string>>;
}

interface Outcome {
  readonly status: number | null;
  readonly printed: string;
  /** The installer's arguments. */
  readonly settings: string;
  /** DISK as the later hook reads it. */
  readonly shown: string;
  /** Commands that change something. */
  readonly commands: readonly string[];
}

/** Runs the real script, with the commands of the live system replaced. */
export function run(
  machine: Machine,
  on: InstallDisk,
  rest: Pick<Installation, "dataDisk" | "keptDisk" | "keptPartition"> = {},
): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "choose-disk-"));
  const installation = {
    name: "till-1",
    title: "till-1",
    kernelArguments: [],
    keyfiles: new Map<string, string>(),
    ignition: "{}",
  };
  const live = liveInstall({ ...installation, disk: on, ...rest });
  const file = (path: string) => Buffer.from(fileInConfig(live, path) ?? []).toString();
  const place = (path: string) => join(folder, path.slice(1).replaceAll("/", "-"));
  for (const path of ["/etc/flotilla/installation", "/etc/flotilla/choose-disk.jq"]) {
    writeFileSync(place(path), file(path));
  }
  mkdirSync(join(folder, "by-path"));
  for (const [name, to] of Object.entries(machine.paths ?? {})) {
    symlinkSync(to, join(folder, "by-path", name));
  }
  mkdirSync(join(folder, "installer.d"));
  writeFileSync(join(folder, "all.json"), JSON.stringify({ blockdevices: machine.disks }));
  const names = machine.disks.map(({ name }) => `/dev/${name}`);
  for (const name of names) {
    const lines = machine.below?.[name] ?? "";
    writeFileSync(join(folder, name.replaceAll("/", "-")), `${name} disk\n${lines}`);
    const format = machine.disks.find((each) => `/dev/${each.name}` === name)?.["fstype"];
    writeFileSync(join(folder, `${name.replaceAll("/", "-")}.fstype`), `${String(format ?? "")}\n`);
  }
  const program = (name: string, text: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program(
    "lsblk",
    `case $1 in
--json) cat ${folder}/all.json ;;
--nodeps) case " ${names.join(" ")} " in *" $2 "*) ;; *) exit 32 ;; esac ;;
-ndo) cat "${folder}/$(echo "$3" | tr / -).fstype" ;;
*) name=$(echo "$3" | tr / -); cut -d' ' -f1-$(echo "$2" | tr -cd , | wc -c | xargs expr 1 +) "${folder}/$name" ;;
esac`,
  );
  const log = join(folder, "log");
  writeFileSync(log, "");
  for (const name of ["dmsetup", "mdadm"]) {
    // What is stopped is gone.
    program(name, `echo "${name} $*" >>${log}; sed -i "\\\\|^$2 |d" ${folder}/-dev-*`);
  }
  // One mark goes, and what is below it shows.
  program(
    "wipefs",
    `echo "wipefs $*" >>${log}; sed -i "s|^\\($5 [a-z]*\\) $4|\\1|" ${folder}/-dev-*`,
  );
  program("udevadm", "exit 0");
  program("sleep", "exit 0");
  const script = file("/usr/local/bin/pre-install-flotilla")
    .replaceAll("/etc/flotilla/installation", place("/etc/flotilla/installation"))
    .replaceAll("/etc/flotilla/choose-disk.jq", place("/etc/flotilla/choose-disk.jq"))
    .replaceAll("/etc/coreos/installer.d", join(folder, "installer.d"))
    .replaceAll("/dev/disk/by-path", join(folder, "by-path"));
  const env = { PATH: `${folder}:${process.env["PATH"]}` };
  const { status, stdout, stderr } = spawnSync("sh", ["-s"], { input: script, env });
  expect(stderr.toString()).toBe("");
  const variables = readFileSync(place("/etc/flotilla/installation"), "utf8");
  const shown = execFileSync("sh", ["-c", `${variables}printf %s "$DISK"`]).toString();
  const settingsFile = join(folder, "installer.d", "0001-disk.yaml");
  const settings = spawnSync("cat", [settingsFile]).stdout.toString();
  const commands = readFileSync(log, "utf8").split("\n").filter(Boolean);
  rmSync(folder, { recursive: true });
  return { status, printed: stdout.toString(), settings, shown, commands };
}
