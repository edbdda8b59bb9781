/** Reads fleet.yaml, its lock and the root key from the disk; writes the lock. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { shellWord } from "../model/shell-word.ts";
import { writeUserFile } from "../files/user-file.ts";
import {
  environmentFile,
  environmentsIn,
  fleetFilesOf,
  keyKindOf,
  publishingKeyFile,
  rootKeyFile,
  type FleetFiles,
} from "../files/fleet-files.ts";
import { deadLink, pathInside, readTextFile } from "../files/text-file.ts";
import { yamlBytesMax } from "../grammar/yaml-guard.ts";
import { keyId, parseRootKey } from "../keys/root-key.ts";
import { emptyLock, formatLock, parseLock, pinnedK3s, pruned, type Lock } from "../lock/lock.ts";
import { keyIn, parsePublishingKey, publishingKeyId } from "../keys/publishing-key.ts";
import { InputError, type Mistake } from "../grammar/mistakes.ts";
import type { Fleet } from "../model/fleet.ts";
import { inOrder } from "../grammar/check.ts";
import { hubMistakes, hubNotes } from "./hubs.ts";
import { environmentMistakes, lacksValues } from "./environment-mistakes.ts";
import { declareFleet, type Declaration } from "./declaration.ts";
import type { Extensions } from "../grammar/fleet-schema.ts";
import type { FolderReader, ReferencedFiles, TextReader } from "../model/referenced-files.ts";
import { overlaySource } from "../grammar/overlay.ts";
import type { Remember } from "../model/remember.ts";
import { networkNotes } from "./network-notes.ts";
import { nodeNotes } from "./node-notes.ts";
import { shardNotes } from "./shard-notes.ts";
import { parseSource, type Source } from "../grammar/source.ts";
import type { RootKey } from "../keys/root-key.ts";
import { allocated } from "./allocation.ts";
import { k3sNotes } from "./k3s-mistakes.ts";
import type { LockedKeys } from "../lock/public-keys.ts";
import { retiredKeys, revivedMistakes } from "./retired-keys.ts";
import { lockedKeys, madeKeys, type ReadLock } from "./locked-keys.ts";
import { resolveFleet } from "./resolved-fleet.ts";
import { environmentVariable } from "../model/contract.ts";
import type { PublicKeys } from "../model/secrets.ts";
import { flotillaCommand } from "../model/advised-commands.ts";

export const rootKeyVariable = "FLOTILLA_KEY";
export const publishingKeyVariable = "FLOTILLA_PUBLISHING_KEY";

/** A key is one line of about 60 characters. */
const keyBytesMax = 64 * 1024;
/** The files of a folder of manifests. */
const filesMax = 1_000;

export interface LoadedFleet {
  readonly fleet: Fleet;
  readonly files: FleetFiles;
  readonly lockText: string;
  /** The root key's fingerprint in the lock; undefined before the first use of a key. */
  readonly keyId: string | undefined;
  /** What is not checked in workloads. */
  readonly notes: readonly Mistake[];
  /** Whether `saveLock` has anything to write. */
  readonly lockChanged: boolean;
  /** Fingerprint of the publishing key in the lock; undefined if the lock has no public keys. */
  readonly publishingKeyId: string | undefined;
  /** Present if they were asked for, and the root key or the lock gives them. */
  readonly publicKeys: PublicKeys | undefined;
}

export interface LoadOptions {
  /**
   * Names of the workloads that have a construct.
   * @default any name
   */
  readonly workloads?: readonly string[];
  /** What gitops/ and edge/ add to the grammar. @default nothing: add-ons and values are not checked */
  readonly extensions?: Extensions;
  /** Checked against the lock. @default none, for commands that need no secrets */
  readonly key?: RootKey;
  /** The files next to a file with Butane. @default none */
  readonly beside?: ReferencedFiles["beside"];
  /** The new text of a file, to check it before it is written. @default all are read from the disk */
  readonly edited?: { readonly file: string; readonly text: string };
  /** Free the addresses of removed devices. @default false */
  readonly pruneLock?: boolean;
  /**
   * Whether the public keys are needed: they are made with the root key and updated in the lock, or
   * without the root key read from the lock. @default false: those of the lock do not change
   */
  readonly publicKeys?: boolean;
  /** Finds what earlier runs made with the root key for a fleet of this name. @default nothing */
  readonly remember?: (fleet: string) => Remember;
}

/**
 * @param fleetFile path of fleet.yaml; the lock is next to it
 * @throws InputError with every mistake in either file
 */
export function loadFleet(fleetFile: string, options: LoadOptions = {}): LoadedFleet {
  const { files, declaration, lock: oldLock, lockText: oldText } = read(fleetFile, options);
  const { lockFile, environment } = files;
  const revived = revivedMistakes(declaration, oldLock);
  if (revived.length > 0) throw new InputError(revived);
  const keyed = withKey(oldLock, lockFile, options.key);
  // Pruned before and after: addresses that this run retires are freed too.
  const start = options.pruneLock ? pruned(keyed) : keyed;
  const current = allocated(declaration, start);
  const allocatedLock = options.pruneLock ? pruned(current) : current;
  const fleet = resolveFleet(declaration, allocatedLock);
  const source = () => parseSource(lockFile, oldText ?? "");
  const readLock = { lock: oldLock, source };
  const known = knownKeys(declaration, fleet, readLock, options);
  const lock = known === undefined ? allocatedLock : withKeys(allocatedLock, known.locked, oldLock);
  const lockText = formatLock(lock);
  return {
    fleet: environment === undefined ? fleet : { ...fleet, environment: environment.name },
    files,
    lockText,
    keyId: lock.keyId,
    notes: [
      ...declaration.notes,
      ...nodeNotes(
        declaration.source,
        declaration.input,
        declaration.devices,
        allocatedLock.pins.k3s.version,
      ),
      ...hubNotes(declaration.source, declaration.input),
      ...shardNotes(declaration.source, declaration.input, declaration.devices.length),
      ...networkNotes(declaration.source, declaration.input, declaration.devices),
      ...k3sNotes(declaration.source, source, declaration.input, allocatedLock),
    ],
    lockChanged: lockText !== oldText,
    publishingKeyId: lock.publicKeys?.publishingKeyId,
    publicKeys: known?.publicKeys,
  };
}

function withKeys(lock: Lock, locked: LockedKeys, old: Lock): Lock {
  const devices = new Map([...locked.devices, ...retiredKeys(old, lock.tunnel.retired)]);
  return { ...lock, publicKeys: { ...locked, devices } };
}

/** Undefined if the keys do not change. */
function knownKeys(
  declaration: Declaration,
  fleet: Fleet,
  lock: ReadLock,
  { publicKeys = false, key, remember }: LoadOptions,
) {
  if (!publicKeys) return undefined;
  return key === undefined
    ? lockedKeys(declaration, fleet, lock)
    : madeKeys(fleet, key, lock, remember?.(fleet.name));
}

/** The lock of a fleet as it is, without new allocations: only for a change of the pins. */
export function loadLock(fleetFile: string): {
  readonly lock: Lock;
  readonly files: FleetFiles;
  /** The releases of K3s that rings run. */
  readonly k3sVersions: readonly string[];
} {
  const { declaration, lock, files } = read(fleetFile, {});
  const k3sVersions = Object.values(declaration.input.k3s?.versions ?? {});
  return { lock, files, k3sVersions };
}

interface Inputs {
  readonly files: FleetFiles;
  readonly declaration: Declaration;
  /** An empty one for a new fleet. */
  readonly lock: Lock;
  readonly lockText: string | undefined;
}

function read(fleetFile: string, options: LoadOptions): Inputs {
  const { workloads, beside, edited, extensions = {} } = options;
  const files = fleetFilesOf(fleetFile);
  const { directory, lockFile, environment } = files;
  const source = readSource(files, edited);
  requireEnvironment(source, files, extensions);
  const isLocked = existsSync(lockFile) || deadLink(lockFile) !== undefined;
  const readLock = () => (isLocked ? readFleetText(lockFile) : undefined);
  // Paths in the file of an environment are relative to the project's folder too.
  const baseOf = (file: string) => (file === fleetFile ? (environment?.base ?? file) : file);
  const references = {
    pinnedK3s: () => pinnedK3s(readLock),
    read: textReader(directory),
    list: folderReader(directory),
    ...(beside !== undefined && { beside: (file: string) => beside(baseOf(file)) }),
  };
  const declaration = declareFleet(source, workloads, references, extensions);
  const others = otherFleets(files);
  const readable = others.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const clashes = [
    ...environmentMistakes(source, readable),
    ...hubMistakes(
      source,
      declaration.input,
      environment !== undefined,
      readable.length === others.length ? readable : undefined,
    ),
  ];
  if (clashes.length > 0) throw new InputError(inOrder(clashes));
  const { fleet: name, tunnel } = declaration.input;
  const lockText = readLock();
  const lock =
    lockText === undefined
      ? emptyLock(name, tunnel.range, extensions.addons)
      : parseLock(lockFile, lockText, name, tunnel.range, extensions.addons);
  return { files, declaration, lock, lockText };
}

/** The fleet file; that of an environment is merged over fleet.yaml. */
export function readSource(
  { fleetFile, environment }: FleetFiles,
  edited?: LoadOptions["edited"],
): Source {
  const textOf = (file: string) => (file === edited?.file ? edited.text : readFleetText(file));
  const parse = (file: string) => parseSource(file, textOf(file));
  if (environment === undefined) return parse(fleetFile);
  const base = attempt(() => parse(environment.base));
  const top = attempt(() => parse(fleetFile));
  if (base.result && top.result) return overlaySource(base.result, top.result);
  throw new InputError([base, top].flatMap((each) => each.mistakes ?? []));
}

type Attempt<Result> =
  | { readonly result: Result; readonly mistakes?: undefined }
  | { readonly result?: undefined; readonly mistakes: readonly Mistake[] };

/** The result, or the mistakes that prevent it. */
export function attempt<Result>(load: () => Result): Attempt<Result> {
  try {
    return { result: load() };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { mistakes: error.mistakes };
  }
}

/**
 * The other fleets of the project, or why they cannot be read; fleet.yaml too, if its lock shows that it is
 * a fleet by itself.
 */
function otherFleets({ directory, environment }: FleetFiles) {
  const names = environmentsIn(directory).filter((name) => name !== environment?.name);
  const files = names.map((name) => environmentFile(directory, name));
  const base = environment === undefined ? [] : [environment.base];
  const fleets = base.filter((file) => existsSync(fleetFilesOf(file).lockFile));
  return [...files, ...fleets].map((file) => attempt(() => readSource(fleetFilesOf(file))));
}

/** @throws InputError with the names of the environments, if the base is not complete without one */
function requireEnvironment(
  source: Source,
  { directory, environment }: FleetFiles,
  extensions: Extensions,
): void {
  const names = environment === undefined ? environmentsIn(directory) : [];
  if (names.length === 0 || !lacksValues(source, extensions)) return;
  const message = `values are missing here, and this project has environments. Choose one with --environment, or with $${environmentVariable}: ${names.join(", ")}.`;
  throw new InputError([{ file: source.file, message }]);
}

type ChangedLock = Pick<LoadedFleet, "files" | "lockText" | "lockChanged">;

export function saveLock({ files, lockText, lockChanged }: ChangedLock): void {
  if (lockChanged) writeUserFile(files.lockFile, lockText, undefined, true);
}

/**
 * The lock has the fingerprint of the fleet's key: with another key no device would be accepted.
 */
function withKey(lock: Lock, lockFile: string, key: RootKey | undefined): Lock {
  if (key === undefined) return lock;
  const id = keyId(lock.fleet, key);
  if (lock.keyId === undefined || lock.keyId === id) return { ...lock, keyId: id };
  const message = `this fleet's devices were made with the root key ${lock.keyId}, and your root key is ${id}. Restore the right key; with another one every device needs a new image (then delete keyId and publicKeys from the lock).`;
  throw new InputError([{ file: lockFile, path: "keyId", message }]);
}

/**
 * The root key, from the environment variable FLOTILLA_KEY or else from its file.
 *
 * @param id its fingerprint in the lock, if devices were made with it
 * @throws InputError if the key is missing or damaged, or if other users may read it
 */
export function loadRootKey(
  { rootKeyFile: file }: Pick<FleetFiles, "rootKeyFile">,
  environment: Environment,
  id?: string,
): RootKey {
  const missing =
    id === undefined
      ? `the root key is missing. Create one with: ${flotillaCommand("keygen")}. Or copy the fleet's key to this file or to $${rootKeyVariable}.`
      : `the root key is missing. This fleet's devices were made with the root key ${id}: copy it to this file or to $${rootKeyVariable}.`;
  const { text, place } = keyText(file, environment, rootKeyVariable, missing);
  const key = parseRootKey(text);
  if (key !== undefined) return key;
  // The message does not repeat the text.
  const message = `this is not a root key: expected the one line that ${flotillaCommand("keygen")} wrote. Restore it from your copy.`;
  throw new InputError([{ file: place, message }]);
}

/**
 * The publishing key, from the environment variable FLOTILLA_PUBLISHING_KEY or else from its file.
 *
 * @param id its fingerprint in the lock
 * @throws InputError if the key is missing or damaged, of another fleet, or if other users may read it
 */
export function loadPublishingKey(
  { publishingKeyFile: file }: Pick<FleetFiles, "publishingKeyFile">,
  environment: Environment,
  id: string | undefined,
): Uint8Array {
  const missing = `the publishing key is missing. Create it with the root key: ${flotillaCommand("keygen")} --publishing. Then copy it to this file or to $${publishingKeyVariable}.`;
  const { text, place } = keyText(file, environment, publishingKeyVariable, missing);
  const key = parsePublishingKey(text);
  const again = `Create it again with the root key: ${flotillaCommand("keygen")} --publishing.`;
  if (key === undefined) {
    const message = `this is not a publishing key. ${again}`;
    throw new InputError([{ file: place, message }]);
  }
  if (id !== undefined && publishingKeyId(key) !== id) {
    const message = `this is the publishing key ${publishingKeyId(key)}, and the lock has ${id}. ${again}`;
    throw new InputError([{ file: place, message }]);
  }
  return key;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The text of a key and where it is from: a variable, or a file that only its owner may read. CI sets a
 * variable to an empty text if it does not have the secret.
 */
function keyText(
  file: string,
  environment: Environment,
  variable: string,
  missing: string,
): { readonly text: string; readonly place: string } {
  const value = environment[variable] ?? "";
  if (value !== "") return { text: value, place: `$${variable}` };
  if (!existsSync(file)) throw new InputError([{ file, message: missing }]);
  const status = statSync(file);
  if (status.isDirectory()) {
    throw new InputError([
      { file, message: "this is a folder, and a key is a file. Move it away." },
    ]);
  }
  const mode = status.mode & 0o777;
  // Windows has no file modes.
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    const message = `other users can read this key (mode ${mode.toString(8).padStart(4, "0")}). Run: chmod 600 ${shellWord(file)}`;
    throw new InputError([{ file, message }]);
  }
  return { text: readInput(file, keyBytesMax), place: file };
}

/** Reads the files that a fleet file names: regular files inside its folder, but never the key. */
function textReader(directory: string): TextReader {
  return (path) => {
    const file = isAbsolute(path) ? path : join(directory, path);
    const inside = attemptInside(directory, path, "file not found");
    if ("problem" in inside) return inside;
    const kind = keyKindOf(inside.path);
    if (kind !== undefined) return { problem: `this is the ${kind}` };
    const found = readTextFile(inside.path, yamlBytesMax);
    if ("text" in found) {
      const key = keyIn(found.text);
      return key === undefined
        ? { file, text: found.text }
        : { problem: `this file contains a ${key}` };
    }
    const { problem, line, column } = found;
    if (line === undefined) return { problem };
    return { problem: `${file}:${line}:${column}: ${problem}`, isBinary: true };
  };
}

/** Lists the folders that a fleet file names, sorted by file name. */
function folderReader(directory: string): FolderReader {
  return (path) => {
    const inside = attemptInside(directory, path, "folder not found");
    if ("problem" in inside) return inside;
    try {
      const entries = readdirSync(inside.path, { withFileTypes: true });
      const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
      const isOdd = (name: string) => /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/.test(name);
      const odd = files.find(isOdd);
      if (odd !== undefined) {
        return { problem: `a control character is in the file name ${JSON.stringify(odd)}` };
      }
      const link = entries.find(
        (entry) => entry.isSymbolicLink() && isFolder(join(inside.path, entry.name)),
      );
      if (link !== undefined) {
        return {
          problem: `${link.name}: this is a symbolic link to a folder. Delete it, or write its files into this folder`,
        };
      }
      if (files.length > filesMax) return { problem: `more than ${filesMax} files in this folder` };
      const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${name}/`);
      return [...files, ...folders].toSorted().map((name) => join(path, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return { problem: code === "ENOTDIR" ? "this is a file" : `cannot be read (${code})` };
    }
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function attemptInside(directory: string, path: string, missing: string) {
  try {
    return pathInside(resolve(directory), path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { problem: code === "ENOENT" ? missing : `cannot be read (${code ?? "invalid path"})` };
  }
}

/** @throws InputError if it cannot be read, is too large or is not UTF-8 */
export function readFleetText(fleetFile: string): string {
  const text = readInput(fleetFile, yamlBytesMax);
  const key = keyIn(text);
  if (key === undefined) return text;
  const place = key === "root key" ? rootKeyFile : publishingKeyFile;
  const message = `this file contains a ${key}. Delete it: a ${key} must not be in Git. It belongs in ${place}.`;
  throw new InputError([{ file: fleetFile, message }]);
}

function readInput(file: string, bytesMax: number): string {
  const found = readTextFile(file, bytesMax);
  if ("text" in found) return found.text;
  const { problem, code, line, column } = found;
  const hint =
    code === "ENOENT" ? " Create one with: flotilla init. Or name another file: --fleet FILE" : "";
  const place = line === undefined || column === undefined ? {} : { line, column };
  throw new InputError([{ file, ...place, message: `${problem}.${hint}` }]);
}
