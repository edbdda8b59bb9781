/** A lock between processes, as a file that names its holder. */
import { randomUUID } from "node:crypto";
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync } from "node:fs";
import { lstatSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atPath, OperationError } from "../../fleet/files/operation-error.ts";
import { isRunning } from "../../fleet/files/temporary-files.ts";

/** The holder updates the time of its lock file this often, unless it is busy. */
const renewalMilliseconds = 5_000;
/** A lock of another machine that was not updated for this long is stale; here, of a running process. */
const staleMilliseconds = { elsewhere: 100_000, here: 5 * 60_000, empty: 2_000 };
const retryMilliseconds = 200;

export interface ProcessLockOptions {
  /** Called once if another process holds the lock, with its words: `process 123`. */
  readonly onWaiting: (holder: string) => void;
  /** @default it waits for ever */
  readonly waitSeconds?: number;
  /** Throws the error of a wait that took too long. */
  readonly onGivingUp?: (holder: string) => never;
}

/** What this process holds: in a container every run has the same process id. */
const held = new Set<string>();

/** Runs `work` while no other process runs any with the same `path` of a lock file. */
export async function withProcessLock<Result>(
  path: string,
  onWaiting: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const release = await acquireProcessLock(path, { onWaiting });
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Waits until no other process holds the lock.
 *
 * @param path the lock file
 * @returns a function that releases it
 */
export async function acquireProcessLock(
  path: string,
  { onWaiting, waitSeconds = Infinity, onGivingUp }: ProcessLockOptions,
): Promise<() => void> {
  const holder = `${process.pid} ${hostname()} ${randomUUID()}\n`;
  let retries = 0;
  while (!atPath(path, () => acquire(path, holder))) {
    const other = readHolder(path);
    if (other === undefined) continue;
    if (isStale(path, other)) {
      removeStale(path, other);
      continue;
    }
    if (retries === 0) onWaiting(wordsOf(other));
    if (retries * retryMilliseconds >= waitSeconds * 1000) onGivingUp?.(wordsOf(other));
    retries += 1;
    await sleep(retryMilliseconds);
  }
  held.add(holder);
  const renewal = setInterval(() => renew(path), renewalMilliseconds);
  renewal.unref();
  return () => {
    clearInterval(renewal);
    held.delete(holder);
    if (readHolder(path) === holder) rmSync(path, { force: true });
  };
}

function wordsOf(holder: string): string {
  // It has made the file, and not yet written its name.
  if (holder === "") return "which is just starting";
  const [id, host] = holder.split(" ");
  return `process ${id}${host === hostname() ? "" : ` on ${host}`}`;
}

/** False if another process holds the lock. */
function acquire(path: string, holder: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, "wx");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      refuseOtherThing(path);
      return false;
    }
    // Another run removed the folder that it had made.
    if (code !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true });
    return false;
  }
  try {
    writeFileSync(descriptor, holder);
  } catch (error) {
    // The disk is full.
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  // Sets the time by the clock of this machine, not by that of a file server.
  renew(path);
  return true;
}

/** A folder, a pipe or a link, as of a clone: no run makes one, so no wait ends. */
function refuseOtherThing(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  throw new OperationError(
    `${path}: this is not a regular file, and flotilla needs this name for the lock of its runs. Move it away`,
  );
}

function renew(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Another process took the lock for stale; the bytes are checked at the end anyway.
  }
}

/** Undefined if the lock was released. */
function readHolder(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isStale(path: string, holder: string): boolean {
  const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (changed === undefined) return false;
  // Its process was killed after it made the file and before it wrote its name.
  if (holder === "") return Date.now() - changed > staleMilliseconds.empty;
  const [id, host] = holder.split(" ");
  const isHere = host === hostname();
  if (Date.now() - changed > staleMilliseconds[isHere ? "here" : "elsewhere"]) return true;
  if (!isHere) return false;
  return Number(id) === process.pid ? !held.has(holder) : !isRunning(Number(id));
}

/** Only one of several processes can rename it; one that renamed a newer lock puts that back. */
function removeStale(path: string, holder: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
    if (readHolder(aside) !== holder) linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
