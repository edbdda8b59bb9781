/**
 * The live system of an image for several devices, as a folder: its files as Ignition writes them, a
 * machine's /sys, and programs in place of those that need a real one. The real script runs in it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { resourceContents, type Resource } from "../../../edge/iso/resource.ts";
import { siteInstallFiles, type SiteMember } from "../../../edge/installer/site-install.ts";
import { ignitionPath } from "../../../edge/iso/ignition.ts";

interface Config {
  readonly storage: {
    readonly files: readonly {
      readonly path: string;
      readonly mode: number;
      readonly contents: Resource;
    }[];
  };
}

/** The files that Ignition writes in the live system. */
export function liveFiles(members: readonly SiteMember[]): LiveFiles {
  return filesOfLive(siteInstallFiles(members).get(ignitionPath) ?? new Uint8Array());
}

export type LiveFiles = ReadonlyMap<string, { readonly text: string; readonly mode: number }>;

/** Those of a configuration of the live system. */
export function filesOfLive(ignition: Uint8Array): LiveFiles {
  const { storage } = JSON.parse(Buffer.from(ignition).toString()) as Config;
  return new Map(
    storage.files.map(({ path, mode, contents }) => {
      const data = resourceContents(contents, 2 ** 24) ?? new Uint8Array();
      return [path, { text: Buffer.from(data).toString("utf8"), mode }];
    }),
  );
}

export interface LiveMachine {
  /** Files of /sys and /proc: `sys/class/dmi/id/product_serial`. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The names of the partitions that lsblk shows. @default none */
  readonly partitions?: readonly string[];
  /** What the person at the console waits for, and then types. @default the script has no console */
  readonly keys?: readonly (readonly [text: string, keys: string])[];
  /** How long the script waits for a key. @default 30 */
  readonly seconds?: number;
}

export interface LiveRun {
  readonly status: number | null;
  /** What the unit's output has, which goes to every console. */
  readonly output: string;
  /** What was drawn at the console, without its control sequences. */
  readonly screen: string;
  /** Every file below /etc and /run, but the script. */
  readonly files: Readonly<Record<string, string>>;
}

/** Whether Python, which provides the terminal, is installed. */
export const hasTerminal = spawnSync("python3", ["-c", "import pty, termios"]).status === 0;

/** The person at the console: runs a program with a terminal at a path, and answers what it shows. */
const person = `
import json, os, pty, re, select, subprocess, sys, time
path, steps, command = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
if steps is None:
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(json.dumps([result.returncode, result.stdout.decode(), ""]))
    sys.exit()
master, slave = pty.openpty()
os.symlink(os.ttyname(slave), path)
process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
screen, since = b"", 0
while process.poll() is None or select.select([master], [], [], 0)[0]:
    if select.select([master], [], [], 0.05)[0]:
        screen += os.read(master, 65536)
    if steps and steps[0][0].encode() in screen[since:]:
        since = len(screen)
        os.write(master, steps.pop(0)[1].encode())
print(json.dumps([process.returncode, process.stdout.read().decode(), screen.decode("utf8", "replace")]))
`;

export function runLive(
  members: readonly SiteMember[],
  { facts = {}, partitions = [], keys, seconds = 30 }: LiveMachine,
): LiveRun {
  const root = mkdtempSync(join(tmpdir(), "flotilla-live-"));
  try {
    const write = (path: string, text: string, mode = 0o600) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { mode });
    };
    for (const [path, { text, mode }] of liveFiles(members)) write(path, text, mode);
    for (const [path, text] of Object.entries(facts)) write(path, text);
    write("run/ignition.json", "every secret");
    write("sys/class/tty/console/active", keys === undefined ? "" : "tty0 ttyS0\n");
    mkdirSync(join(root, "dev"));
    const labels = partitions.map((label) => `echo '${label}'\n`).join("");
    write("bin/lsblk", `#!/bin/sh\n${labels}`, 0o755);
    for (const name of ["udevadm", "nmcli"]) write(`bin/${name}`, "#!/bin/sh\n", 0o755);
    const script = "usr/local/bin/choose-device";
    const text = readFileSync(join(root, script), "utf8")
      .replace("\nroot=\n", `\nroot=${root}\n`)
      .replace("\nseconds_max=30\n", `\nseconds_max=${seconds}\n`);
    write(script, text, 0o700);
    const { stdout, stderr } = spawnSync(
      "python3",
      [
        "-c",
        person,
        join(root, "dev/ttyS0"),
        JSON.stringify(keys ?? null),
        "bash",
        join(root, script),
      ],
      {
        encoding: "utf8",
        env: { PATH: `${join(root, "bin")}:${process.env["PATH"]}` },
        timeout: 60_000,
      },
    );
    if (stdout === "") throw new Error(stderr);
    const [status, output, screen] = JSON.parse(stdout) as [number, string, string];
    return {
      status,
      output: output.replaceAll(root, ""),
      // oxlint-disable-next-line no-control-regex
      screen: screen.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, "").replaceAll("\r", ""),
      files: Object.fromEntries([...filesBelow(root, "etc"), ...filesBelow(root, "run")]),
    };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function* filesBelow(root: string, folder: string): Generator<readonly [string, string]> {
  for (const name of readdirSync(join(root, folder)).toSorted()) {
    const path = `${folder}/${name}`;
    if (statSync(join(root, path)).isDirectory()) yield* filesBelow(root, path);
    else yield [`/${path}`, readFileSync(join(root, path), "utf8")];
  }
}
