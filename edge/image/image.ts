/**
 * A CoreOS live image: what it is called and where its Ignition config has its place. Every
 * mistake is an `InputError` whose file is the image's name.
 */
import { FormatError, readExtent } from "../formats/bytes.ts";
import type { ByteSource, Extent } from "../formats/bytes.ts";
import { findEntry, openVolume } from "../formats/iso9660.ts";
import type { Volume } from "../formats/iso9660.ts";
import { InputError } from "../../fleet/mistakes.ts";

export interface Image {
  /** What messages call the image: the path that the user gave. */
  readonly name: string;
  readonly volume: Volume;
  /** What its maker called it, with its release: `fedora-coreos-38.20230718.dev.0`. */
  readonly volumeIdentifier: string;
  /** Where the live system looks for a cpio archive with its Ignition config. */
  readonly ignitionArea: Extent;
}

/** Names the file of the area, in images since March 2023. */
const areaPointer = "COREOS/IGNINFO.JSO";
/** The file that is the area, in older images. */
const areaFile = "IMAGES/IGNITION.IMG";

/** The real file has 36 to 74 bytes. */
const areaPointerBytesMax = 4_096;
/** Every real area has 262,144 bytes. */
const areaBytesMax = 16 * 1_048_576;

const wholeImage = "Give a live ISO of Fedora CoreOS, downloaded whole.";

/** Looks at the image without changing it. `name` is for messages. */
export function openImage(name: string, source: ByteSource): Image {
  return blaming(name, wholeImage, () => {
    const volume = openVolume(source);
    const ignitionArea = findIgnitionArea(volume);
    return { name, volume, volumeIdentifier: volume.identifier, ignitionArea };
  });
}

/** Turns a `FormatError` into an `InputError` of the image, with what to do behind it. */
export function blaming<Result>(name: string, remedy: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new InputError([{ file: name, message: `${error.message} ${remedy}` }]);
  }
}

function findIgnitionArea(volume: Volume): Extent {
  const pointer = findEntry(volume, areaPointer);
  const { path, offset, length } =
    pointer === undefined
      ? { path: areaFile, offset: undefined, length: undefined }
      : parsePointer(readPointer(volume.source, pointer));
  const file = findEntry(volume, path);
  if (file?.kind !== "file") {
    throw new FormatError(
      `This ISO image is not of CoreOS: its volume is named "${volume.identifier}", ` +
        `and it has no file ${path.toUpperCase()} to put an Ignition config in.`,
    );
  }
  const start = offset ?? 0;
  const area = { offset: file.offset + start, length: length ?? file.length - start };
  if (area.length < 0 || start + area.length > file.length) {
    throw new FormatError(
      `${areaPointer} is damaged: the area that it describes is not inside of ${path}.`,
    );
  }
  if (area.length > areaBytesMax) {
    throw new FormatError(
      `The area for an Ignition config has ${area.length} bytes; ` +
        `more than ${areaBytesMax} is damage.`,
    );
  }
  return area;
}

function readPointer(source: ByteSource, pointer: Extent): unknown {
  if (pointer.length > areaPointerBytesMax) {
    throw new FormatError(`${areaPointer} is damaged: it has ${pointer.length} bytes.`);
  }
  const text = new TextDecoder().decode(readExtent(source, pointer, areaPointer));
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError(`${areaPointer} is damaged: it is no JSON.`);
  }
}

/** Takes `{file, offset?, length?}`; other keys are passed over, a later release may add some. */
function parsePointer(value: unknown): {
  readonly path: string;
  readonly offset: number | undefined;
  readonly length: number | undefined;
} {
  const fields = new Map(
    typeof value === "object" && value !== null ? Object.entries(value) : [],
  ) as ReadonlyMap<string, unknown>;
  const path = fields.get("file");
  const [offset, length] = ["offset", "length"].map((key) => fields.get(key) ?? undefined);
  const isPath = typeof path === "string" && /^[\x20-\x7e]{1,255}$/.test(path);
  if (!isPath || !isByteCount(offset) || !isByteCount(length)) {
    throw new FormatError(`${areaPointer} is damaged: it must have {file, offset?, length?}.`);
  }
  return { path, offset, length };
}

function isByteCount(value: unknown): value is number | undefined {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0);
}
