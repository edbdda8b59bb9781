/** A lock between processes: two that download the same file would damage each other's part. */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning } from "../../../fleet/files/temporary-files.ts";

/** The holder updates the time of its lock file this often. */
const renewalMilliseconds = 5_000;
/** A lock that was not updated for this long is stale, on any machine. */
const staleMilliseconds = 60_000;
const retryMilliseconds = 200;

/**
 * Runs `work` while no other process runs any with the same `path`.
 *
 * @param path the lock file
 * @param onWaiting is called once if another process holds the lock
 */
export async function withProcessLock<Result>(
  path: string,
  onWaiting: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const holder = `${process.pid} ${hostname()} ${randomUUID()}\n`;
  let hasWaited = false;
  while (!acquire(path, holder)) {
    const other = readHolder(path);
    if (other === undefined) continue;
    if (isStale(path, other)) {
      removeStale(path, other);
      continue;
    }
    if (!hasWaited) onWaiting();
    hasWaited = true;
    await sleep(retryMilliseconds);
  }
  const renewal = setInterval(() => renew(path), renewalMilliseconds);
  renewal.unref();
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    if (readHolder(path) === holder) rmSync(path, { force: true });
  }
}

/** False if another process holds the lock. */
function acquire(path: string, holder: string): boolean {
  try {
    writeFileSync(path, holder, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  // Sets the time by the clock of this machine, not by that of a file server.
  renew(path);
  return true;
}

function renew(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Another process took the lock for stale; the bytes are checked at the end all the same.
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
  if (Date.now() - changed > staleMilliseconds) return true;
  const [id, host] = holder.split(" ");
  return host === hostname() && !isRunning(Number(id));
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
