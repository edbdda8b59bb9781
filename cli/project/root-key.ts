/** Makes the root key of a fleet, and its publishing key. */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { rmSync, writeFileSync } from "node:fs";
import { fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { formatPublishingKey, publishingKey } from "../../fleet/keys/publishing-key.ts";
import { formatRootKey } from "../../fleet/keys/root-key.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { loadProject, loadWithoutKey } from "./project.ts";

/**
 * Makes the root key of a fleet, readable by this user only, and returns its path.
 *
 * @throws InputError if there is one already, or if devices were made with a missing one: a new key
 *   would lock them all out
 */
export async function makeRootKey(fleetFile: string): Promise<string> {
  return writeRootKey(await newRootKey(fleetFile), fleetFile);
}

/**
 * The text of a new root key, which is not written yet.
 *
 * @throws InputError if devices were made with a missing one
 */
export async function newRootKey(fleetFile: string): Promise<string> {
  const { rootKeyFile: path } = fleetFilesOf(fleetFile);
  if (existsSync(fleetFile)) {
    const { keyId: id, files } = await loadWithoutKey(fleetFile);
    if (id !== undefined && !existsSync(path)) {
      const message =
        `this fleet's devices were made with the root key ${id}, which is not here. Put your copy ` +
        `of it at ${shownPath(path)}. If it is lost for good, delete keyId and publicKeys ` +
        "from the lock, make a new key, and reinstall every device";
      throw new InputError([{ file: shownPath(files.lockFile), path: "keyId", message }]);
    }
  }
  return formatRootKey(randomBytes(32));
}

/**
 * Writes a new root key and returns its path.
 *
 * @throws InputError if there is one already
 */
export function writeRootKey(key: string, fleetFile: string): string {
  const { rootKeyFile: path } = fleetFilesOf(fleetFile);
  writeNew(path, key);
  return path;
}

/**
 * Writes the publishing key of a fleet, readable by this user only, and returns its path.
 *
 * @throws InputError if the root key is missing or does not belong to the lock
 */
export async function makePublishingKey(fleetFile: string, session: Session): Promise<string> {
  const { key, fleet, files } = await loadProject(fleetFile, session);
  const { publishingKeyFile: path } = files;
  const text = formatPublishingKey(publishingKey(fleet.name, key));
  // It follows from the root key: the one that is there is the same, or that of another fleet.
  if (existsSync(path)) {
    if (readFileSync(path, "utf8") === text) return path;
    const message = "there is another publishing key already. Move it away first";
    throw new InputError([{ file: shownPath(path), message }]);
  }
  writeNew(path, text);
  return path;
}

/** Writes a secret file that must not exist, and waits until it is on the disk. */
function writeNew(path: string, text: string): void {
  atPath(path, () => {
    let descriptor: number;
    try {
      descriptor = openSync(path, "wx", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const message =
        "there is a root key already, and it is never overwritten: every device depends on it. " +
        "For another fleet, use another folder";
      throw new InputError([{ file: shownPath(path), message }]);
    }
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } catch (error) {
      // The disk is full: a part of a key would be taken for one that is damaged.
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
  });
}
