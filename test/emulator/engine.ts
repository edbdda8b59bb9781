/**
 * The real Ignition engine, applied to a root file system of the test's own: folders laid out as
 * those of Fedora CoreOS, where `/home` and `/usr/local` are links into `/var`, and `/usr` can't be
 * written. It runs in a mount namespace in which everything else of this machine is read-only.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { peerPath } from "../peers/peers.ts";

const engine = peerPath("ignition-2.27.0");

/** False where the engine is not built, or this process may not make mount namespaces. */
export const hasEngine =
  engine !== undefined &&
  process.getuid?.() === 0 &&
  spawnSync("useradd", ["--help"]).status === 0 &&
  spawnSync("unshare", ["--mount", "true"]).status === 0;

/** What is under a path of the root file system. */
export interface Entry {
  readonly kind: "file" | "folder" | "link";
  /** Permission bits, with those of set-user-ID, set-group-ID and sticky. */
  readonly mode: number;
  /** User and group, as numbers: `0:0`. */
  readonly owner: string;
  /** A file's contents, a link's target, and nothing of a folder. */
  readonly content: string;
}
export type RootFiles = ReadonlyMap<string, Entry>;

export interface Application {
  /** Whether both stages ended well. */
  readonly succeeded: boolean;
  readonly log: string;
  readonly files: RootFiles;
}

/**
 * What is there before: the accounts that the operating system comes with, shortened. On a device, users is
 * in /usr/lib/group, where useradd finds it as a primary group only.
 */
const accounts: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
  "etc/shadow": "root:*::0:99999:7:::\n",
  "etc/group":
    "root:x:0:\nadm:x:4:\nwheel:x:10:\nsudo:x:16:\nusers:x:100:\nsystemd-journal:x:190:\ndocker:x:985:\n",
  "etc/gshadow": "root:::\nadm:::\nwheel:::\nsudo:::\nusers:::\nsystemd-journal:::\ndocker:::\n",
};
/** The settings of useradd. */
const loginSettings = "etc/login.defs";
const folders = ["etc", "usr/bin", "var/home", "var/roothome", "var/usrlocal/bin", "var/lib"];
const links: Readonly<Record<string, string>> = {
  home: "var/home",
  root: "var/roothome",
  "usr/local": "../var/usrlocal",
};

/** `$1` is the folder with everything, `$2` the engine, `$3` how many boots it takes. */
const script = `set -eu
mount --make-rprivate /
mount --bind "$1" "$1"
mount -o remount,ro,bind /
mount --bind "$1/root/usr" "$1/root/usr"
mount -o remount,ro,bind "$1/root/usr"
for boot in $(seq "$3"); do for stage in fetch files; do
  IGNITION_CONFIG_FILE="$1/config.ign" "$2" --stage "$stage" --platform file --root "$1/root" \\
    --config-cache "$1/cache.json" --state-file "$1/state" --neednet "$1/neednet" --log-to-stdout
done; done
`;

/**
 * Reads `ignition` as a device does at its first boot, and writes what it says about files.
 *
 * @param boots 2 where the power is cut before the first boot is marked as done: Ignition runs again
 */
export function applyIgnition(ignition: string, boots = 1): Application {
  const { folder, root, words } = prepare(ignition, boots);
  try {
    const { status, stdout, stderr } = spawnSync("unshare", words, { encoding: "utf8", env });
    return { succeeded: status === 0, log: stdout + stderr, files: filesOf(root) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same, while servers of this process answer what the engine downloads. */
export async function applyDownloading(
  ignition: string,
  { hasNetwork = true } = {},
): Promise<Application> {
  const { folder, root, words: mounts } = prepare(ignition);
  const words = hasNetwork ? mounts : ["--net", ...mounts];
  try {
    const running = spawn("unshare", words, { env, stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    for (const stream of [running.stdout, running.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (log += text));
    }
    const [status] = (await once(running, "close")) as [number | null];
    return { succeeded: status === 0, log, files: filesOf(root) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C" };

interface Prepared {
  /** To be removed afterwards. */
  readonly folder: string;
  readonly root: string;
  /** Arguments of unshare. */
  readonly words: readonly string[];
}

function prepare(ignition: string, boots = 1): Prepared {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-engine-"));
  // The engine writes a user's files as that user, who has to get there.
  chmodSync(folder, 0o711);
  const root = join(folder, "root");
  for (const path of folders) mkdirSync(join(root, path), { recursive: true });
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path));
  for (const [path, text] of Object.entries(accounts)) writeFileSync(join(root, path), text);
  writeFileSync(join(root, loginSettings), "UID_MIN 1000\nGID_MIN 1000\nUSERGROUPS_ENAB yes\n");
  writeFileSync(join(folder, "config.ign"), ignition);
  const command = ["sh", "-c", script, "apply", folder, engine ?? "", String(boots)];
  return { folder, root, words: ["--mount", ...command] };
}

/** What the engine wrote. */
function filesOf(root: string): RootFiles {
  const before = new Set([...folders.flatMap(withParents), ...Object.keys(links), loginSettings]);
  return new Map([...entriesBelow(root, "")].filter(([path]) => !before.has(path.slice(1))));
}

function withParents(path: string): string[] {
  return path === "." ? [] : [path, ...withParents(dirname(path))];
}

function* entriesBelow(root: string, folder: string): Generator<readonly [string, Entry]> {
  for (const name of readdirSync(join(root, folder)).toSorted()) {
    const path = `${folder}/${name}`;
    const status = lstatSync(join(root, path));
    const mode = status.mode & 0o7777;
    const owner = `${status.uid}:${status.gid}`;
    if (status.isDirectory()) {
      yield [path, { kind: "folder", mode, owner, content: "" }];
      yield* entriesBelow(root, path);
    } else if (status.isSymbolicLink()) {
      yield [path, { kind: "link", mode, owner, content: readlinkSync(join(root, path)) }];
    } else {
      const content = readFileSync(join(root, path), "utf8");
      yield [path, { kind: "file", mode, owner, content }];
    }
  }
}
