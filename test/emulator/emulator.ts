/**
 * A machine of QEMU without hardware help, which boots Debian's kernel with an initramfs and says on
 * its serial console which files it found in it. Slow, but the judge is the real kernel.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peerPath } from "../peers/peers.ts";

export const program = "qemu-system-x86_64";
export const kernelFolder = peerPath("emulator-debian-12");

/** False where QEMU, the kernel or busybox is missing: test/peers/build.sh fetches them. */
export const hasEmulator =
  kernelFolder !== undefined && spawnSync(program, ["--version"]).status === 0;

/** A file as the booted system has it. */
export interface FoundFile {
  readonly path: string;
  /** Octal, without the type: `600`. */
  readonly mode: string;
  readonly owner: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Every regular file but what the system itself is made of; then off, which ends QEMU. */
const initScript = `#!/bin/busybox sh
/bin/busybox find / -xdev -type f ! -path /bin/busybox ! -path /init | while read -r path; do
  /bin/busybox stat -c "found %a %u:%g %s $(/bin/busybox sha256sum < "$path") %n" "$path"
done
echo "found all"
/bin/busybox reboot -f
`;

/**
 * Boots a system whose initramfs is followed by `appendix`, as a boot loader joins them, and gives
 * the files that the kernel unpacked from the latter, by path. Rejects if the kernel has not
 * come that far in `timeoutSeconds`, or found damage.
 */
export async function filesAfterBoot(
  appendix: Uint8Array,
  timeoutSeconds: number,
): Promise<readonly FoundFile[]> {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-emulator-"));
  try {
    const initrd = join(folder, "initrd");
    writeFileSync(initrd, Buffer.concat([systemArchive(), appendix]));
    const output = await consoleOutput(initrd, timeoutSeconds);
    const lines = output.split(/\r*\n/);
    // The kernel keeps what it unpacked before the damage, and says so even when told to be quiet.
    if (!lines.includes("found all") || output.includes("Initramfs unpacking failed")) {
      throw new Error(
        `The machine did not boot well. Its console:\n${lines.slice(-30).join("\n")}`,
      );
    }
    return lines.flatMap((line) => foundFile(line) ?? []);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function foundFile(line: string): FoundFile | undefined {
  const match = /^found (\d+) (\d+:\d+) (\d+) ([0-9a-f]{64}) {2}- (\/.*)$/.exec(line);
  if (match === null) return undefined;
  const [, mode = "", owner = "", bytes = "", sha256 = "", path = ""] = match;
  return { path, mode, owner, bytes: Number(bytes), sha256 };
}

/** No processor's help, no disk, no network, no screen; a restart ends it. */
export const hardware =
  "-accel tcg -m 512 -nodefaults -no-user-config -no-reboot -display none -serial stdio";

/** What a machine has besides a console. */
export interface Hardware {
  /** @default the kernel with which files are looked for */
  readonly kernel?: string;
  /** Arguments of QEMU. @default none */
  readonly devices?: readonly string[];
}

/** Ends when the machine restarts, which an option of QEMU prevents, or when the time is over. */
export function consoleOutput(
  initrd: string,
  timeoutSeconds: number,
  { kernel = join(kernelFolder ?? "", "vmlinuz"), devices = [] }: Hardware = {},
): Promise<string> {
  const machine = spawn(
    program,
    [
      ...hardware.split(" "),
      "-kernel",
      kernel,
      "-initrd",
      initrd,
      "-append",
      "console=ttyS0 quiet panic=-1",
      ...devices,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const parts: Buffer[] = [];
  machine.stdout.on("data", (part: Buffer) => parts.push(part));
  machine.stderr.on("data", (part: Buffer) => parts.push(part));
  const timer = setTimeout(() => machine.kill("SIGKILL"), timeoutSeconds * 1_000);
  return new Promise((resolve, reject) => {
    machine.once("error", reject);
    machine.once("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(parts).toString("latin1"));
    });
  });
}

/** A plain archive with a shell and what the machine does. */
function systemArchive(): Buffer {
  const busybox = readFileSync(join(kernelFolder ?? "", "busybox"));
  return cpioArchive([
    ["bin", 0o40_755, Buffer.alloc(0)],
    ["bin/busybox", 0o100_755, busybox],
    ["init", 0o100_755, Buffer.from(initScript)],
  ]);
}

/** Folders come before what is in them; `mode` has the type. */
export function cpioArchive(
  entries: readonly (readonly [name: string, mode: number, data: Uint8Array])[],
): Buffer {
  const all = [...entries, ["TRAILER!!!", 0, Buffer.alloc(0)] as const];
  return Buffer.concat(all.map(([name, mode, data]) => cpioEntry(name, mode, data)));
}

/** Our own writer gives no mode but 0600, and a shell must be executable. */
export function cpioEntry(name: string, mode: number, data: Uint8Array): Buffer {
  const fields = [0, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
  const digits = fields.map((value) => value.toString(16).padStart(8, "0")).join("");
  return Buffer.concat([aligned(Buffer.from(`070701${digits}${name}\0`)), aligned(data)]);
}

function aligned(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
