/** A fleet as the commands work on it: the loaded file, its root key, and where things go. */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatRootKey, imageDigestKey } from "../../fleet/keys/root-key.ts";
import { loadFleet, loadRootKey, rootKeyFile, rootKeyVariable } from "../../fleet/resolve/load.ts";
import type { LoadedFleet, LoadOptions } from "../../fleet/resolve/load.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import type { Device, Fleet } from "../../fleet/model/fleet.ts";
import { closest } from "../../fleet/model/names.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { grammar } from "../../gitops/grammar.ts";
import { atPath } from "../../fleet/files/failures.ts";
import { filesBeside } from "./local-files.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { publicKeys } from "../../fleet/keys/secrets.ts";
import type { RootKey } from "../../fleet/keys/root-key.ts";

export interface Project extends LoadedFleet {
  readonly key: RootKey;
  /** Where every output goes. */
  readonly outputFolder: string;
  /** The tree of the state repository, made when it is first asked for. */
  readonly state: () => Promise<Tree>;
}

/** Where a device's image has its place, below the folder of the devices. */
export function imagePath(device: string): string {
  return `${device}/${device}.iso`;
}

/** The files with which a device boots from the network, below the folder of the devices. */
export function pxePaths(device: string): readonly string[] {
  const names = ["config.img", "boot.ipxe", "kernel-arguments.txt"];
  return names.map((name) => `${device}/pxe/${name}`);
}

/** The fleet without its root key: for what needs no secrets. */
export function loadWithoutKey(fleetFile: string): LoadedFleet {
  return loadFleet(fleetFile, { ...grammar, beside: filesBeside });
}

/** The fleet with its root key. */
export function loadProject(
  fleetFile: string,
  session: Session,
  options: Pick<LoadOptions, "pruneLock"> = {},
): Project {
  const key = loadRootKey(dirname(fleetFile), session.environment);
  const loaded = loadFleet(fleetFile, {
    ...options,
    key,
    ...grammar,
    beside: filesBeside,
  });
  let state: Promise<Tree> | undefined;
  return {
    ...loaded,
    key,
    outputFolder: join(loaded.directory, "dist"),
    state: () => (state ??= makeState(loaded.fleet, key)),
  };
}

async function makeState(fleet: Fleet, key: RootKey): Promise<Tree> {
  const [{ synthesizeState }, { imageDigests }] = await Promise.all([
    import("../../gitops/app.ts"),
    import("../../edge/fleet-devices.ts"),
  ]);
  const keys = publicKeys(fleet, key);
  return synthesizeState(
    fleet,
    keys,
    imageDigests(fleet, keys.gateways, imageDigestKey(fleet, key)),
  );
}

/** @throws InputError that names what was most likely meant */
export function findDevice(
  project: Pick<Project, "fleet">,
  fleetFile: string,
  name: string,
): Device {
  const { devices } = project.fleet;
  const device = devices.find((each) => each.name === name);
  if (device) return device;
  const names = devices.map((each) => each.name);
  const near = closest(name, names);
  const some = names.slice(0, 5).join(", ");
  const remedy = near
    ? `Did you mean ${near}?`
    : `There are ${names.length}: ${some}${names.length > 5 ? ", …" : ""}`;
  const message = `there is no device ${JSON.stringify(name)} in this fleet. ${remedy}`;
  throw new InputError([{ file: fleetFile, message }]);
}

/** Whether the fleet's root key is at hand, in whatever state. */
export function hasRootKey(directory: string, session: Session): boolean {
  const inEnvironment = session.environment[rootKeyVariable] !== undefined;
  return inEnvironment || existsSync(join(directory, rootKeyFile));
}

/**
 * Makes the root key of a fleet, readable by this user only, and returns its path.
 *
 * @throws InputError where there is one already, or devices were made with one that is not here:
 *   a new key would disown them all
 */
export function makeRootKey(fleetFile: string): string {
  const path = join(dirname(fleetFile), rootKeyFile);
  if (existsSync(fleetFile)) {
    const { lockText, lockFile } = loadWithoutKey(fleetFile);
    const [, id] = /^keyId: (.+)$/m.exec(lockText) ?? [];
    if (id !== undefined && !existsSync(path)) {
      const message =
        `this fleet's devices were made with the root key ${id}, which is not here. Put your copy ` +
        `of it at ${shownPath(path)}. If it is lost for good, delete the line keyId, make a new ` +
        "key, and install every device anew";
      throw new InputError([{ file: shownPath(lockFile), path: "keyId", message }]);
    }
  }
  writeNew(path, formatRootKey(randomBytes(32)));
  return path;
}

/** Writes a secret file that must not be there yet, and waits until it is on the disk. */
function writeNew(path: string, text: string): void {
  atPath(path, () => {
    let descriptor: number;
    try {
      descriptor = openSync(path, "wx", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const message =
        "there is a root key already, and it is never overwritten: every device depends on it. " +
        "For a fleet of its own, work in another folder";
      throw new InputError([{ file: shownPath(path), message }]);
    }
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}
