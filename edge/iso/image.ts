/**
 * A CoreOS live image: what it is called and where its Ignition config has its place. Every
 * mistake is an `InputError` whose file is the image's name.
 */
import { endsEarly, FormatError, readExtent } from "../formats/bytes.ts";
import type { ByteSource, Extent } from "../formats/bytes.ts";
import { findEntry, lookUp, openVolume } from "../formats/iso9660.ts";
import type { Volume } from "../formats/iso9660.ts";
import { areaPointerPath, imageJson } from "./image-json.ts";
import type { ImageJson } from "./image-json.ts";
import { blaming } from "./refusal.ts";

export interface Image {
  /** What messages call the image: the path that the user gave. */
  readonly name: string;
  readonly volume: Volume;
  /** What its maker called it, with its release: `fedora-coreos-38.20230718.dev.0`. */
  readonly volumeIdentifier: string;
  /** Where the live system looks for a cpio archive with its Ignition config. */
  readonly ignitionArea: Extent;
  /** Reads the JSON files of the image. */
  readonly json: ImageJson;
}

/** The file that is the area, in older images. */
const areaFile = "IMAGES/IGNITION.IMG";

/** The real files of JSON have 36 to 800 bytes. */
const smallFileBytesMax = 4_096;
/** Every real area has 262,144 bytes. */
const areaBytesMax = 16 * 1_048_576;

const wholeImage = "Give a live ISO of Fedora CoreOS, downloaded whole.";

/** Looks at the image without changing it. `name` is for messages. */
export function openImage(name: string, source: ByteSource, json: ImageJson = imageJson): Image {
  const blame = (context: string) => ({ file: name, remedy: wholeImage, context: [context] });
  const volume = blaming(blame("parsing ISO9660 image"), () => openVolume(source));
  const ignitionArea = blaming(blame("Unrecognized CoreOS ISO image."), () =>
    findIgnitionArea(volume, json),
  );
  return { name, volume, volumeIdentifier: volume.identifier, ignitionArea, json };
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

function findIgnitionArea(volume: Volume, json: ImageJson): Extent {
  const { path, offset, length } = findPointer(volume, json);
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
      `${areaPointerPath} is damaged: the area that it describes is not inside ${path}.`,
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
        `more than ${areaBytesMax} means that the image is damaged.`,
    );
  }
  return area;
}

interface Pointer {
  readonly path: string;
  readonly offset: number | undefined;
  readonly length: number | undefined;
}

function findPointer(volume: Volume, json: ImageJson): Pointer {
  const bytes = readImageFile(volume, areaPointerPath);
  if (bytes === undefined) return { path: areaFile, offset: undefined, length: undefined };
  const { file, offset, length } = json.areaPointer(bytes);
  const areCounts = [offset, length].every((count) => Number.isSafeInteger(count ?? 0));
  if (!/^[\x20-\x7e]{1,255}$/.test(file) || !areCounts) {
    throw new FormatError(`${areaPointerPath} is damaged. Expected {file, offset?, length?}.`);
  }
  return { path: file, offset: offset ?? undefined, length: length ?? undefined };
}
