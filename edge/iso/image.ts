/**
 * A CoreOS live image: what it is called and where its Ignition config has its place. Every
 * mistake is an `InputError` whose file is the image's name.
 */
import { endsEarly, FormatError, readExtent } from "../formats/bytes.ts";
import type { ByteSource, Extent } from "../formats/bytes.ts";
import { findEntry, lookUp, openVolume } from "../formats/iso9660.ts";
import type { Volume } from "../formats/iso9660.ts";
import { parseJson } from "../formats/json.ts";
import { fitJson } from "../formats/json-shape.ts";
import type { Shape } from "../formats/json-shape.ts";
import { blaming } from "./refusal.ts";

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

const pointerShape: Shape = {
  name: "IgnInfo",
  fields: [
    { name: "file", type: "string", absent: "required" },
    { name: "offset", type: "count", absent: "omitted" },
    { name: "length", type: "count", absent: "omitted" },
  ],
};

/** The real files of JSON have 36 to 800 bytes. */
const smallFileBytesMax = 4_096;
/** Every real area has 262,144 bytes. */
const areaBytesMax = 16 * 1_048_576;

const wholeImage = "Give a live ISO of Fedora CoreOS, downloaded whole.";

/** Looks at the image without changing it. `name` is for messages. */
export function openImage(name: string, source: ByteSource): Image {
  const blame = (context: string) => ({ file: name, remedy: wholeImage, context: [context] });
  const volume = blaming(blame("parsing ISO9660 image"), () => openVolume(source));
  const ignitionArea = blaming(blame("Unrecognized CoreOS ISO image."), () =>
    findIgnitionArea(volume),
  );
  return { name, volume, volumeIdentifier: volume.identifier, ignitionArea };
}

/** The bytes of a small file of the image, or undefined where the image has none of that path. */
export function readImageFile(volume: Volume, path: string): Uint8Array | undefined {
  const entry = findEntry(volume, path);
  if (entry === undefined) return undefined;
  if (entry.kind !== "file") {
    throw new FormatError(`${path} is a directory.`, {
      reference: [`entry ${entry.name} is a directory`],
    });
  }
  if (entry.length > smallFileBytesMax) {
    throw new FormatError(`${path} is damaged: it has ${entry.length} bytes.`);
  }
  return readExtent(volume.source, entry, path);
}

function findIgnitionArea(volume: Volume): Extent {
  const pointer = readImageFile(volume, areaPointer);
  const { path, offset, length } =
    pointer === undefined
      ? { path: areaFile, offset: undefined, length: undefined }
      : parsePointer(pointer);
  const file = lookUp(volume, path);
  if (typeof file === "string" || file.kind !== "file") {
    const reason = typeof file === "string" ? file : `entry ${file.name} is a directory`;
    throw new FormatError(
      `This ISO image is not of CoreOS: its volume is named "${volume.identifier}", ` +
        `and it has no file ${path.toUpperCase()} to put an Ignition config in.`,
      { reference: ["finding initrd embed area", reason] },
    );
  }
  const start = offset ?? 0;
  const area = { offset: file.offset + start, length: length ?? file.length - start };
  if (area.length < 0 || start + area.length > file.length) {
    throw new FormatError(
      `${areaPointer} is damaged: the area that it describes is not inside of ${path}.`,
      {
        reference: [
          "reading initrd embed area",
          `reading ${area.length} bytes at ${area.offset}`,
          endsEarly,
        ],
      },
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

interface Pointer {
  readonly file: string;
  readonly offset?: number;
  readonly length?: number;
}

/** Takes `{file, offset?, length?}`; other keys are passed over, a later release may add some. */
function parsePointer(bytes: Uint8Array): {
  readonly path: string;
  readonly offset: number | undefined;
  readonly length: number | undefined;
} {
  const { file, offset, length } = readPointer(bytes);
  const areCounts = [offset, length].every((count) => Number.isSafeInteger(count ?? 0));
  if (!/^[\x20-\x7e]{1,255}$/.test(file) || !areCounts) {
    throw new FormatError(`${areaPointer} is damaged: it must have {file, offset?, length?}.`);
  }
  return { path: file, offset, length };
}

function readPointer(bytes: Uint8Array): Pointer {
  const blamed = (how: string, error: unknown) => {
    const reference = error instanceof FormatError ? error.reference : [];
    return new FormatError(`${areaPointer} is damaged: ${how}.`, {
      cause: error,
      reference: ["decoding igninfo", ...reference],
    });
  };
  const value = attempt(
    () => parseJson(bytes),
    (error) => blamed("it is no JSON", error),
  );
  return attempt(
    () => fitJson(bytes, value, pointerShape, 1).value as unknown as Pointer,
    (error) => blamed("it must have {file, offset?, length?}", error),
  );
}

function attempt<Result>(work: () => Result, blamed: (error: unknown) => Error): Result {
  try {
    return work();
  } catch (error) {
    throw blamed(error);
  }
}
