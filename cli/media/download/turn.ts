/** One process at a time: two that download the same file would spoil each other's part. */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning } from "../../../fleet/files/temporary-files.ts";

/** The one who works renews the mark of being alive this often. */
const renewalMilliseconds = 5_000;
/** Who has not done so for this long is gone, on whatever machine it was. */
const silenceMilliseconds = 60_000;
const askMilliseconds = 200;

/**
 * Does the work while no other process does any for the same `path`.
 *
 * @param path a file that stands while somebody works
 * @param waiting is called once if another one works now
 */
export async function sequentially<Result>(
  path: string,
  waiting: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const mark = `${process.pid} ${hostname()} ${randomUUID()}\n`;
  let isTold = false;
  while (!take(path, mark)) {
    const other = readMark(path);
    if (other === undefined) continue;
    if (isAbandoned(path, other)) {
      drop(path, other);
      continue;
    }
    if (!isTold) waiting();
    isTold = true;
    await sleep(askMilliseconds);
  }
  const renewal = setInterval(() => renew(path), renewalMilliseconds);
  renewal.unref();
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    if (readMark(path) === mark) rmSync(path, { force: true });
  }
}

/** Whether it is our turn now. */
function take(path: string, mark: string): boolean {
  try {
    writeFileSync(path, mark, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  // By this machine's clock, and not by that of a file server.
  renew(path);
  return true;
}

function renew(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Somebody thought us dead, or tidied up; the bytes are checked at the end all the same.
  }
}

/** Undefined where it is gone: whoever worked is done. */
function readMark(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isAbandoned(path: string, mark: string): boolean {
  const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (changed === undefined) return false;
  if (Date.now() - changed > silenceMilliseconds) return true;
  const [id, host] = mark.split(" ");
  return host === hostname() && !isRunning(Number(id));
}

/** Only one of several can rename it; who finds that it took a newer mark puts that back. */
function drop(path: string, mark: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
    if (readMark(aside) !== mark) linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
