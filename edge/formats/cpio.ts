/**
 * The cpio archive format "new ASCII" (magic 070701), which the Linux kernel unpacks as an
 * initramfs (its `driver-api/early-userspace/buffer-format`).
 *
 * The writer makes the same bytes as coreos-installer: files of mode 0600, their folders of mode
 * 0755, no times, no owners, and no padding after the trailer. The reader accepts what other writers
 * make: hexadecimal digits in either case, names padded with several zero bytes.
 *
 * Not supported: the variant with checksums (070702), and anything other than regular files: the
 * reader checks and skips folders, links and devices, which an embed area does not need.
 */
import { endsEarly, FormatError } from "./bytes.ts";
import type { Unpacked } from "./bytes.ts";

/** Path without a leading slash → contents. */
export type Files = ReadonlyMap<string, Uint8Array>;

export const cpioMagic = "070701";
/** The error of coreos-installer for data that is not an archive. */
export const wrongMagic = "Invalid magic number";
const trailerName = "TRAILER!!!";
const headerBytes = 110;
const fieldDigits = 8;

const fileType = 0o100_000;
const fileTypeMask = 0o170_000;
const fileMode = 0o100_600;
const folderMode = 0o40_755;

/** The kernel's limit for a path, PATH_MAX. */
const nameBytesMax = 4_096;

/** The header's thirteen fields, in their order. */
const field = { mode: 1, fileSize: 6, nameSize: 11 };

/** Writes one archive: files sorted by path, each folder before the first file in it. */
export function writeCpio(files: Files): Uint8Array {
  const parts: Uint8Array[] = [];
  const folders = new Set<string>();
  let inode = 0;
  for (const [path, data] of [...files].toSorted(byPath)) {
    for (const folder of foldersOf(path)) {
      if (folders.has(folder)) continue;
      folders.add(folder);
      parts.push(...entryParts(folder, inode, folderMode, new Uint8Array()));
      inode += 1;
    }
    parts.push(...entryParts(path, inode, fileMode, data));
    inode += 1;
  }
  parts.push(...entryParts(trailerName, 0, 0, new Uint8Array()));
  return Buffer.concat(parts);
}

/** Reads one archive up to its trailer, and returns how many bytes it has. */
export function readCpio(
  bytes: Uint8Array,
): { readonly files: Files } & Pick<Unpacked, "consumedBytes"> {
  const files = new Map<string, Uint8Array>();
  for (let offset = 0; ;) {
    const header = readHeader(bytes, offset);
    const nameEnd = offset + headerBytes + header.nameSize;
    const dataStart = align(nameEnd);
    const dataEnd = dataStart + header.fileSize;
    if (header.nameSize > nameBytesMax || dataEnd > bytes.length) {
      throw damaged(`ends within the entry at byte ${offset}`, endsEarly);
    }
    const name = readName(bytes.subarray(offset + headerBytes, nameEnd), offset);
    if (name === trailerName) return { files, consumedBytes: dataEnd };
    if ((header.mode & fileTypeMask) === fileType) {
      files.set(name, bytes.subarray(dataStart, dataEnd));
    }
    offset = align(dataEnd);
  }
}

function entryParts(name: string, inode: number, mode: number, data: Uint8Array): Uint8Array[] {
  const nameBytes = Buffer.from(`${name}\0`);
  // Inode, mode, owner, group, links, time, file size, device and special device (major, minor),
  // name size, checksum.
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = cpioMagic + fields.map((value) => hexadecimal(value)).join("");
  return [
    Buffer.from(header, "latin1"),
    nameBytes,
    padding(headerBytes + nameBytes.length),
    data,
    padding(data.length),
  ];
}

function readHeader(
  bytes: Uint8Array,
  offset: number,
): { mode: number; fileSize: number; nameSize: number } {
  if (offset + headerBytes > bytes.length) {
    throw damaged("ends without its trailer", endsEarly);
  }
  const text = Buffer.from(bytes.subarray(offset, offset + headerBytes)).toString("latin1");
  if (!text.startsWith(cpioMagic) || !/^[0-9A-Fa-f]+$/.test(text)) {
    const isMarked = text.startsWith(cpioMagic);
    throw damaged(
      `has a damaged header at byte ${offset}`,
      isMarked ? "Invalid hex value" : wrongMagic,
    );
  }
  const number = (index: number) => {
    const start = cpioMagic.length + index * fieldDigits;
    return Number.parseInt(text.slice(start, start + fieldDigits), 16);
  };
  return {
    mode: number(field.mode),
    fileSize: number(field.fileSize),
    nameSize: number(field.nameSize),
  };
}

function readName(bytes: Uint8Array, offset: number): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const name = text.replace(/\0+$/, "");
    if (name !== text && name !== "" && !name.includes("\0")) return name;
  } catch {
    // Falls through: a name that is not UTF-8 is as damaged as one without an end.
  }
  throw damaged(
    `has a damaged name in the entry at byte ${offset}`,
    bytes.at(-1) === 0 ? "Entry name was not valid UTF-8" : "Entry name was not NUL-terminated",
  );
}

function damaged(how: string, reference: string): FormatError {
  return new FormatError(`The cpio archive ${how}.`, {
    reference: ["reading CPIO entry", reference],
  });
}

function foldersOf(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

function byPath([a]: readonly [string, Uint8Array], [b]: readonly [string, Uint8Array]): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function hexadecimal(value: number): string {
  return value.toString(16).padStart(fieldDigits, "0");
}

function padding(length: number): Uint8Array {
  return new Uint8Array(align(length) - length);
}

/** Rounds up to a multiple of four. */
function align(offset: number): number {
  return (offset + 3) & ~3;
}
