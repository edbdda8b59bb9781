/** The image of an operation: opens it, changes it in place or writes it to a new file. */
import { chmodSync, closeSync, fstatSync, fsyncSync } from "node:fs";
import {
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { randomInt } from "node:crypto";
import { dirname, join } from "node:path";
import type { ByteSource, Patch } from "../../../edge/formats/bytes.ts";
import { endsEarly } from "../../../edge/formats/bytes.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";
import { copySource, copyTo } from "../../media/file-copy.ts";
import { patchedSource } from "../../../edge/iso/patched-source.ts";
import { accessing } from "./named-files.ts";
import type { Streams } from "./streams.ts";

const chunkBytes = 1_048_576;

export interface IsoFile {
  readonly path: string;
  readonly descriptor: number;
  readonly source: ByteSource;
}

/** Opens the image while `use` runs. `mode` is `r+` if it is changed in place. */
export async function withIsoFile(
  path: string,
  mode: "r" | "r+",
  use: (file: IsoFile) => void | Promise<void>,
): Promise<void> {
  const descriptor = accessing(path, [`opening ${path}`], () => openSync(path, mode));
  try {
    const { size } = fstatSync(descriptor);
    const read = (offset: number, length: number) => readExactly(path, descriptor, offset, length);
    await use({ path, descriptor, source: { size, read } });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes the changed image: in place if `output` is undefined, to standard output if it is `-`,
 * otherwise to a new file of mode 0600, which appears only when it is complete and never replaces
 * another file.
 */
export async function writeIsoFile(
  file: IsoFile,
  patches: readonly Patch[],
  output: string | undefined,
  streams: Streams,
): Promise<void> {
  if (output === undefined) {
    accessing(file.path, [`writing ${file.path}`], () => applyPatches(file.descriptor, patches));
    return;
  }
  if (output === "-") {
    writeOut(patchedSource(file.source, patches), streams);
    return;
  }
  await newFile(output, async (temporary) => {
    await copyTo(copySource(file.path, dirname(output)), temporary);
    accessing(output, ["copying input to temporary file"], () => {
      // The copy has the input's mode, and the changes may be secret.
      chmodSync(temporary, 0o600);
      const descriptor = openSync(temporary, "r+");
      try {
        applyPatches(descriptor, patches);
      } finally {
        closeSync(descriptor);
      }
    });
  });
}

/** Writes a source to standard output, unless that is a terminal. */
export function writeOut(source: ByteSource, streams: Streams): void {
  requireNoTerminal(streams);
  for (let offset = 0; offset < source.size; offset += chunkBytes) {
    streams.out(source.read(offset, Math.min(chunkBytes, source.size - offset)));
  }
}

export function requireNoTerminal(streams: Streams): void {
  if (!streams.outIsTerminal) return;
  throw new Refusal("-", "Refusing to write binary data to terminal");
}

/** Creates a file of mode 0600, which gets its name after `fill` has written it. */
export async function newFile(
  output: string,
  fill: (temporary: string) => void | Promise<void>,
): Promise<void> {
  if (output === "" || /^\/+$/.test(output)) {
    throw new Refusal(output, `no parent directory of ${output}`);
  }
  const temporaryFolder = join(dirname(output), `.coreos-installer-temp-${suffix()}`);
  accessing(
    output,
    ["creating temporary file"],
    () => mkdirSync(temporaryFolder, { mode: 0o700 }),
    ` at path "${temporaryFolder}"`,
  );
  try {
    const temporary = join(temporaryFolder, "image");
    await fill(temporary);
    accessing(output, [`persisting output file to ${output}`], () => persist(temporary, output));
  } finally {
    rmSync(temporaryFolder, { recursive: true, force: true });
  }
}

/** Renames the file, unless another file has that name. */
function persist(temporary: string, output: string): void {
  try {
    linkSync(temporary, output);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP") throw error;
    // This file system has no hard links.
    if (statSync(output, { throwIfNoEntry: false }) !== undefined) {
      throw Object.assign(new Error("file exists", { cause: error }), { code: "EEXIST" });
    }
    renameSync(temporary, output);
  }
}

function suffix(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join("");
}

function applyPatches(descriptor: number, patches: readonly Patch[]): void {
  for (const { offset, bytes } of patches) {
    let done = 0;
    while (done < bytes.length) {
      done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
    }
  }
  fsyncSync(descriptor);
}

function readExactly(path: string, descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const got = accessing(path, [`reading ${length} bytes at ${offset}`], () =>
      readSync(descriptor, bytes, done, length - done, offset + done),
    );
    if (got === 0) throw new Refusal(path, endsEarly);
    done += got;
  }
  return bytes;
}
