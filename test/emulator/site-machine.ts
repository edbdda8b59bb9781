/**
 * A machine of QEMU in the live system of an image for several devices: the files that Ignition writes
 * from the embed area, the real script and a real bash, a serial console, and the firmware's DMI tables.
 * coreos-installer is a stand-in that prints what it would install.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { LiveFiles } from "../edge/installer/live-root.ts";
import { cpioEntry, hardware, kernelFolder, program } from "./emulator.ts";

export interface SiteMachine {
  readonly serial: string;
  /** Names of the partitions that lsblk shows. */
  readonly partitions: readonly string[];
  /** What the person at the serial console waits for, and then types. */
  readonly keys: readonly (readonly [text: string, keys: string])[];
  /** As the kernel's command line has them, the last one is serial. @default only that */
  readonly consoles?: readonly string[];
}

const bash = "/bin/bash";

function initScript(partitions: readonly string[]): string {
  return `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox ln -s /proc/self/fd /dev/fd
/bin/busybox --install -s /bin
for name in lsblk udevadm nmcli; do printf '#!/bin/sh\\n' >/bin/$name; chmod 755 /bin/$name; done
printf '%s\\n' ${partitions.map((label) => `'echo ${label}'`).join(" ") || "true"} >>/bin/lsblk
export PATH=/bin
echo "consoles: $(cat /sys/class/tty/console/active)"
if /usr/local/bin/choose-device; then
  echo "coreos-installer: $(cat /etc/coreos/installer.d/* | tr '\\n' ' ')"
  echo "device: $(cat /etc/coreos/dest.ign)"
  echo "installation: $(cat /etc/flotilla/installation | tr '\\n' ' ')"
  for file in /etc/NetworkManager/system-connections/*; do
    [ -f "$file" ] && echo "keyfile: $(stat -c %a "$file") $(tr '\\n' ' ' <"$file")"
  done
else
  echo "coreos-installer does not run"
fi
echo "left: $(find /etc/flotilla /run/ignition.json -type f 2>/dev/null | sort | tr '\\n' ' ')"
reboot -f
`;
}

/** The lines of the serial console, until the machine is off. */
export async function siteConsole(
  files: LiveFiles,
  { serial, partitions, keys, consoles = ["ttyS0"] }: SiteMachine,
  timeoutSeconds: number,
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-site-machine-"));
  try {
    const initrd = join(folder, "initrd");
    writeFileSync(initrd, archive(files, partitions));
    const machine = spawn(
      program,
      [
        ...hardware.split(" "),
        "-kernel",
        join(kernelFolder ?? "", "vmlinuz"),
        "-initrd",
        initrd,
        "-append",
        `${consoles.map((name) => `console=${name} `).join("")}quiet panic=-1`,
        "-smbios",
        `type=1,serial=${serial}`,
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const waiting = [...keys];
    let output = "";
    let since = 0;
    machine.stdout.on("data", (part: Buffer) => {
      output += part.toString("latin1");
      const [next] = waiting;
      if (next === undefined || !output.slice(since).includes(next[0])) return;
      since = output.length;
      waiting.shift();
      machine.stdin.write(next[1]);
    });
    const timer = setTimeout(() => machine.kill("SIGKILL"), timeoutSeconds * 1_000);
    await new Promise((resolve, reject) => {
      machine.once("error", reject);
      machine.once("close", resolve);
    });
    clearTimeout(timer);
    return output.split(/\r*\n/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function archive(live: LiveFiles, partitions: readonly string[]): Buffer {
  const libraries = [
    ...execFileSync("ldd", [bash])
      .toString()
      .matchAll(/(\/\S+) \(0x/g),
  ];
  const programs = [bash, ...libraries.map(([, path = ""]) => path)];
  const files = new Map<string, { readonly data: Buffer; readonly mode: number }>([
    ["/bin/busybox", { data: readFileSync(join(kernelFolder ?? "", "busybox")), mode: 0o755 }],
    ["/init", { data: Buffer.from(initScript(partitions)), mode: 0o755 }],
    ["/run/ignition.json", { data: Buffer.from("every secret"), mode: 0o600 }],
    ...programs.map((path) => [path, { data: readFileSync(path), mode: 0o755 }] as const),
  ]);
  for (const [path, { text, mode }] of live) {
    files.set(path, { data: Buffer.from(text), mode });
  }
  const folders = new Set([...files.keys()].flatMap(parents));
  return Buffer.concat([
    ...[...folders].toSorted().map((path) => cpioEntry(path.slice(1), 0o40_755, Buffer.of())),
    ...[...files].map(([path, { data, mode }]) => cpioEntry(path.slice(1), 0o100_000 | mode, data)),
    cpioEntry("TRAILER!!!", 0, Buffer.of()),
  ]);
}

function parents(path: string): string[] {
  const folder = dirname(path);
  return folder === "/" ? [] : [...parents(folder), folder];
}
