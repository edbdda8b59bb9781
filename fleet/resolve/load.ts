/** Reads fleet.yaml, its lock and the root key from the disk; writes the lock. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { writeFileAtomically } from "../files/atomic.ts";
import { keyId, parseRootKey } from "../keys/root-key.ts";
import { emptyLock, formatLock, parseLock, pruned, type Lock } from "../lock/lock.ts";
import { InputError } from "../grammar/mistakes.ts";
import type { Fleet } from "../model/fleet.ts";
import { declareFleet, type Declaration } from "./declaration.ts";
import type { Extensions } from "../grammar/fleet-schema.ts";
import type { FolderReader, ReferencedFiles, TextReader } from "./referenced-files.ts";
import { parseSource } from "../grammar/source.ts";
import type { RootKey } from "../keys/root-key.ts";
import { allocated } from "./allocation.ts";
import { resolveFleet } from "./resolved-fleet.ts";

export const rootKeyFile = "fleet.key";
export const rootKeyVariable = "FLOTILLA_KEY";

export interface LoadedFleet {
  readonly fleet: Fleet;
  /** The folder of the fleet file: relative paths in it start here. */
  readonly directory: string;
  readonly lockFile: string;
  readonly lockText: string;
  /** Whether `saveLock` has anything to write. */
  readonly lockChanged: boolean;
}

export interface LoadOptions {
  /**
   * The names of the workloads that there are constructs for.
   * @default any name: only the synthesis of the state renders them
   */
  readonly workloads?: readonly string[];
  /** What other folders add to the grammar. @default nothing: what they would check is not checked */
  readonly extensions?: Extensions;
  /** Checked against the lock; @default none: what needs no secrets needs no key */
  readonly key?: RootKey;
  /** What stands beside a file that has Butane in it. @default nothing */
  readonly beside?: ReferencedFiles["beside"];
  /** Forget the addresses of devices that are gone. @default false */
  readonly pruneLock?: boolean;
}

/**
 * @param fleetFile path of fleet.yaml; the lock stands beside it
 * @throws InputError with every mistake in either file
 */
export function loadFleet(fleetFile: string, options: LoadOptions = {}): LoadedFleet {
  const { declaration, lock: oldLock, lockFile, lockText: oldText } = read(fleetFile, options);
  const keyed = withKey(oldLock, lockFile, options.key);
  // Pruned before and after: what is retired in this very run is forgotten as well.
  const start = options.pruneLock ? pruned(keyed) : keyed;
  const current = allocated(declaration, start);
  const lock = options.pruneLock ? pruned(current) : current;
  const lockText = formatLock(lock);
  return {
    fleet: resolveFleet(declaration, lock),
    directory: dirname(fleetFile),
    lockFile,
    lockText,
    lockChanged: lockText !== oldText,
  };
}

/** The lock of a fleet as it stands, with nothing allocated: for what changes the pins alone. */
export function loadLock(fleetFile: string): { readonly lock: Lock; readonly lockFile: string } {
  const { lock, lockFile } = read(fleetFile, {});
  return { lock, lockFile };
}

interface Inputs {
  readonly declaration: Declaration;
  /** A new fleet's first one where there is none yet. */
  readonly lock: Lock;
  readonly lockFile: string;
  readonly lockText: string | undefined;
}

function read(fleetFile: string, options: LoadOptions): Inputs {
  const { workloads, beside, extensions = {} } = options;
  const source = parseSource(fleetFile, readInput(fleetFile));
  const directory = dirname(fleetFile);
  const references = {
    read: textReader(directory),
    list: folderReader(directory),
    ...(beside !== undefined && { beside }),
  };
  const declaration = declareFleet(source, workloads, references, extensions);
  const { fleet: name, tunnel } = declaration.input;
  const lockFile = join(directory, `${basename(fleetFile, extname(fleetFile))}.lock.yaml`);
  const lockText = existsSync(lockFile) ? readFileSync(lockFile, "utf8") : undefined;
  const lock =
    lockText === undefined
      ? emptyLock(name, tunnel.range, extensions.addons)
      : parseLock(lockFile, lockText, name, tunnel.range, extensions.addons);
  return { declaration, lock, lockFile, lockText };
}

type ChangedLock = Pick<LoadedFleet, "lockFile" | "lockText" | "lockChanged">;

export function saveLock({ lockFile, lockText, lockChanged }: ChangedLock): void {
  if (lockChanged) writeFileAtomically(lockFile, lockText, 0o644, true);
}

/** The lock remembers which key its devices were made with: another key would disown them all. */
function withKey(lock: Lock, lockFile: string, key: RootKey | undefined): Lock {
  if (key === undefined) return lock;
  const id = keyId(lock.fleet, key);
  if (lock.keyId === undefined || lock.keyId === id) return { ...lock, keyId: id };
  const message = `this fleet's devices were made with the root key ${lock.keyId}, and your root key is ${id}. Restore the right key; with another one every device needs a new image (then delete the line keyId).`;
  throw new InputError([{ file: lockFile, path: "keyId", message }]);
}

/**
 * The root key, from the environment variable FLOTILLA_KEY or else from fleet.key.
 *
 * @param directory the folder of the fleet file
 * @throws InputError where there is no key, it is damaged, or others may read it
 */
export function loadRootKey(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): RootKey {
  const variable = environment[rootKeyVariable];
  if (variable !== undefined) return soundKey(variable, `$${rootKeyVariable}`);
  const file = join(directory, rootKeyFile);
  if (!existsSync(file)) {
    const message = `there is no root key. Make one with: flotilla keygen; or put the fleet's key here, or in $${rootKeyVariable}.`;
    throw new InputError([{ file, message }]);
  }
  const mode = statSync(file).mode & 0o777;
  // Windows has no such modes.
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    const message = `others may read this key (mode ${mode.toString(8).padStart(4, "0")}). Run: chmod 600 ${file}`;
    throw new InputError([{ file, message }]);
  }
  return soundKey(readInput(file), file);
}

function soundKey(text: string, file: string): RootKey {
  const key = parseRootKey(text);
  if (key !== undefined) return key;
  // Nothing of the text is echoed.
  const message = `this is no root key: it must be the one line that flotilla keygen wrote. Restore it from your copy.`;
  throw new InputError([{ file, message }]);
}

/** Reads the files that a fleet file names by a path from its own folder. */
function textReader(directory: string): TextReader {
  return (path) => {
    const file = isAbsolute(path) ? path : join(directory, path);
    try {
      return { file, text: readFileSync(file, "utf8") };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return { problem: "there is no such file" };
      return { problem: code === "EISDIR" ? "this is a folder" : `it can't be read (${code})` };
    }
  };
}

/** Lists the folders that a fleet file names, in the order of their files' names. */
function folderReader(directory: string): FolderReader {
  return (path) => {
    const folder = isAbsolute(path) ? path : join(directory, path);
    try {
      const entries = readdirSync(folder, { withFileTypes: true });
      const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
      return files.toSorted().map((name) => join(path, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return { problem: "there is no such folder" };
      return { problem: code === "ENOTDIR" ? "this is a file" : `it can't be read (${code})` };
    }
  };
}

function readInput(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : `it can't be read (${code})`;
    const hint =
      code === "ENOENT" ? " Write a first one with: flotilla init; or name another: --fleet" : "";
    throw new InputError([{ file, message: `${reason}.${hint}` }]);
  }
}
