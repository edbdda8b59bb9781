/**
 * The part of ISO 9660 (ECMA-119) that finds a file of a CoreOS live image: the primary volume
 * descriptor and plain upper-case names of a single extent.
 *
 * Not supported: Joliet and Rock Ridge names (their descriptors and fields are skipped), files of
 * several extents, sectors of a size other than 2,048 bytes.
 *
 * Every loop has a limit, so that a damaged image is a `FormatError` and never an endless loop.
 */
import { endsEarly, FormatError, readExtent, requireInside, uint32le } from "./bytes.ts";
import type { ByteSource, Extent } from "./bytes.ts";

const sectorBytes = 2_048;
const firstDescriptorSector = 16;

/** Real images have three to five. */
const descriptorsMax = 64;
/** Real directories have one to four sectors. */
const directoryBytesMax = 1_048_576;
/** ECMA-119 6.8.2.1 allows eight. */
const pathDepthMax = 16;

const descriptorType = { boot: 0, primary: 1, terminator: 255 };

/** Offsets in the primary volume descriptor (ECMA-119 8.4). */
const primaryField = { identifier: 40, volumeSectors: 80, rootRecord: 156 };
const identifierBytes = 32;

/** Offsets in a directory record (ECMA-119 9.1). */
const recordField = { sector: 2, length: 10, flags: 25, nameLength: 32, name: 33 };
const directoryFlag = 2;

export interface Entry extends Extent {
  /** Without the version `;1`, and without the dot if there is no extension. */
  readonly name: string;
  readonly kind: "file" | "directory";
}

export interface Volume {
  readonly source: ByteSource;
  /** Without trailing spaces, `fedora-coreos-38.20230718.dev.0`. */
  readonly identifier: string;
  readonly root: Entry;
}

/** Reads the volume descriptors. The image may be longer than its volume, never shorter. */
export function openVolume(source: ByteSource): Volume {
  const primary = primaryDescriptor(source);
  const volumeBytes = uint32le(primary, primaryField.volumeSectors) * sectorBytes;
  if (volumeBytes > source.size) {
    throw new FormatError(
      `The ISO image is incomplete: it has ${source.size} of ${volumeBytes} bytes.`,
      { reference: ["ISO image is incomplete"] },
    );
  }
  const root = entryOf(primary, primaryField.rootRecord);
  if (root.kind !== "directory") {
    throw new FormatError("The ISO image is damaged: its root record is not a directory.");
  }
  const identifier = latin1(
    primary.subarray(primaryField.identifier, primaryField.identifier + identifierBytes),
  );
  // Messages show it, so it must not contain control characters.
  const printable = identifier.replace(/[ \0]+$/, "").replace(/[^\x20-\x7e]/g, "?");
  return { source, identifier: printable, root };
}

/**
 * The file or directory at a path such as `images/ignition.img`, in upper or lower case, or undefined
 * if the image has none. Its extent is inside the image.
 */
export function findEntry(volume: Volume, path: string): Entry | undefined {
  const found = lookUp(volume, path);
  return typeof found === "string" ? undefined : found;
}

/** Like `findEntry`; if the image has none, the error of coreos-installer. */
export function lookUp(volume: Volume, path: string): Entry | string {
  const names = path.toUpperCase().split("/").filter(Boolean);
  if (names.length > pathDepthMax) {
    throw new FormatError(`The path ${path.slice(0, 80)}… has more than ${pathDepthMax} parts.`);
  }
  let entry = volume.root;
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1;
    const child = findChild(volume.source, entry, name);
    if (child === undefined) {
      return isLast
        ? `no record for ${name} in directory ${names.slice(0, -1).join("/")}`
        : `intermediate directory ${name} does not exist`;
    }
    if (!isLast && child.kind !== "directory") {
      return `component "${name}" in path ${path.toUpperCase()} is not a directory`;
    }
    entry = child;
  }
  requireInside(volume.source, entry, `The entry ${path} of the image`);
  return entry;
}

/** The files and directories of a directory, in their order. */
export function listDirectory(volume: Volume, directory: Entry): readonly Entry[] {
  return [...entriesOf(volume.source, directory)].filter(({ name }) => name !== "");
}

/** Supplementary and unknown descriptors are skipped, as coreos-installer does. */
function primaryDescriptor(source: ByteSource): Uint8Array {
  let primary: Uint8Array | undefined;
  for (let index = 0; index < descriptorsMax; index += 1) {
    const offset = (firstDescriptorSector + index) * sectorBytes;
    const ordinal = `getting volume descriptor #${index + 1}`;
    if (offset + sectorBytes > source.size) {
      throw new FormatError(
        `This is not an ISO image, or only its beginning: it has ${source.size} bytes, ` +
          `and its volume descriptors end at byte ${offset + sectorBytes} or later.`,
        { reference: [ordinal, "reading volume descriptor", endsEarly] },
      );
    }
    const descriptor = source.read(offset, sectorBytes);
    const type = descriptor[0];
    if (type === descriptorType.terminator) {
      if (primary !== undefined) return primary;
      throw new FormatError("The ISO image is damaged: it has no primary volume descriptor.", {
        reference: ["no primary volume descriptor found in ISO"],
      });
    }
    if (type !== descriptorType.boot && type !== descriptorType.primary) continue;
    const wrong = wrongMark(descriptor);
    if (wrong !== undefined) {
      const kind = type === descriptorType.boot ? "boot" : "primary";
      throw new FormatError(
        `This is not an ISO image: the mark CD001, version 1, is missing at byte ${offset + 1}.`,
        { reference: [ordinal, `parsing ${kind} descriptor`, wrong] },
      );
    }
    if (type === descriptorType.primary) primary ??= descriptor;
  }
  throw new FormatError(
    `The ISO image is damaged: none of its first ${descriptorsMax} volume descriptors is the last.`,
  );
}

/** The error of coreos-installer for a descriptor without its identifier, or undefined. */
function wrongMark(descriptor: Uint8Array): string | undefined {
  const mark = descriptor.subarray(1, 6);
  if (latin1(mark) !== "CD001") return `unknown descriptor ID: b"${escaped(mark)}"`;
  return descriptor[6] === 1 ? undefined : `unknown descriptor version: ${descriptor[6]}`;
}

/** Formats bytes like a byte string of Rust. */
function escaped(bytes: Uint8Array): string {
  const short: Readonly<Record<number, string>> = {
    0: "\\0",
    9: "\\t",
    10: "\\n",
    13: "\\r",
    34: '\\"',
    92: "\\\\",
  };
  return [...bytes]
    .map((byte) => {
      const isPlain = byte >= 0x20 && byte < 0x7f;
      const plain = isPlain
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`;
      return short[byte] ?? plain;
    })
    .join("");
}

function findChild(source: ByteSource, directory: Entry, name: string): Entry | undefined {
  for (const entry of entriesOf(source, directory)) if (entry.name === name) return entry;
  return undefined;
}

/** A record never crosses the end of a sector; a zero means that the rest of a sector is empty. */
function* entriesOf(source: ByteSource, directory: Entry): Generator<Entry> {
  const what = `The directory ${directory.name || "at the root"}`;
  if (directory.length > directoryBytesMax) {
    throw new FormatError(
      `${what} says that it has ${directory.length} bytes; ` +
        `more than ${directoryBytesMax} is damage.`,
    );
  }
  const bytes = readExtent(source, directory, what);
  for (let sector = 0; sector < bytes.length; sector += sectorBytes) {
    const records = bytes.subarray(sector, sector + sectorBytes);
    for (let offset = 0; offset < records.length && records[offset] !== 0;) {
      const length = records[offset] ?? 0;
      const nameLength = records[offset + recordField.nameLength] ?? 0;
      if (recordField.name + nameLength > length || offset + length > records.length) {
        throw new FormatError(
          `${what} has a damaged record at byte ${directory.offset + sector + offset}.`,
        );
      }
      yield entryOf(records, offset);
      offset += length;
    }
  }
}

function entryOf(bytes: Uint8Array, offset: number): Entry {
  const nameLength = bytes[offset + recordField.nameLength] ?? 0;
  const start = offset + recordField.name;
  const isDirectory = ((bytes[offset + recordField.flags] ?? 0) & directoryFlag) !== 0;
  return {
    name: plainName(latin1(bytes.subarray(start, start + nameLength))),
    kind: isDirectory ? "directory" : "file",
    offset: uint32le(bytes, offset + recordField.sector) * sectorBytes,
    length: uint32le(bytes, offset + recordField.length),
  };
}

/** `VMLINUZ.;1` is VMLINUZ. The names \0 and \x01 are the directory itself and its parent. */
function plainName(name: string): string {
  if (name === "\0" || name === "\x01") return "";
  return name.replace(/;1$/, "").replace(/\.$/, "");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
