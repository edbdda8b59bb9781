/**
 * The live system's kernel arguments. Each boot loader of the image has them in its configuration, in
 * an area of fixed length. All areas must have the same arguments.
 */
import { endsEarly, FormatError, readExtent } from "../../../edge/formats/bytes.ts";
import type { ByteSource, Extent, Patch } from "../../../edge/formats/bytes.ts";
import { lookUp } from "../../../edge/formats/iso9660.ts";
import type { Volume } from "../../../edge/formats/iso9660.ts";
import { argumentAreasPath } from "../../../edge/iso/image-json.ts";
import { readImageFile } from "../../../edge/iso/image.ts";
import type { Image } from "../../../edge/iso/image.ts";
import { blaming, Refusal } from "../../../edge/iso/refusal.ts";
import { within } from "./context.ts";
import { fitted } from "./image-json.ts";
import type { Shape } from "./json-shape.ts";

export interface KernelArguments {
  readonly current: string;
  /** The arguments of the image as it was downloaded. */
  readonly original: string;
  /** All have the same length. */
  readonly areas: readonly ArgumentArea[];
}

interface ArgumentArea extends Extent {
  /** Fills the rest of the area. */
  readonly pad: string;
  /** Follows the arguments. */
  readonly end: string;
}

export interface ArgumentChanges {
  readonly append: readonly string[];
  readonly delete: readonly string[];
  /** KEY=OLD=NEW. */
  readonly replace: readonly string[];
}

const areaBytesMax = 2_048;

const infoShape: Shape = {
  name: "KargEmbedInfo",
  fields: [
    { name: "default", type: "string", absent: "required" },
    {
      name: "files",
      absent: "required",
      type: {
        items: {
          name: "KargEmbedLocation",
          fields: [
            { name: "path", type: "string", absent: "required" },
            { name: "offset", type: "count", absent: "required" },
            { name: "pad", type: "character", absent: "omitted" },
            { name: "end", type: "character", absent: "omitted" },
          ],
        },
      },
    },
    { name: "size", type: "count", absent: "required" },
  ],
};

interface Info {
  readonly default: string;
  readonly files: readonly Location[];
  readonly size: number;
}

interface Location {
  readonly path: string;
  readonly offset: number;
  readonly pad?: string;
  readonly end?: string;
}

/** The header of images before 2021-09, before the first volume descriptor. */
const header = { offset: 32_672, length: 72, magic: "coreKarg", areasMax: 6 };

/** Undefined if the image has no areas for kernel arguments. */
export function readKernelArguments(image: Image): KernelArguments | undefined {
  const blame = {
    file: image.name,
    remedy: "Start from a fresh download of the image.",
    context: [],
  };
  return blaming(blame, () => {
    const { volume } = image;
    const bytes = readImageFile(volume, argumentAreasPath);
    return bytes === undefined ? fromHeader(volume.source) : fromInfo(volume, bytes);
  });
}

/** The arguments. Throws a `Refusal` if the image has no areas for them. */
export function requireKernelArguments(
  image: Image,
  found: KernelArguments | undefined,
): KernelArguments {
  if (found !== undefined) return found;
  throw new Refusal(image.name, "No karg embed areas found; old or corrupted CoreOS ISO image.");
}

/** What to write so that the live system starts with these arguments. */
export function kernelArgumentPatches(
  image: Image,
  { areas }: KernelArguments,
  text: string,
): readonly Patch[] {
  const bytes = Buffer.from(trim(text));
  return areas.map(({ offset, length, pad, end }) => {
    if (bytes.length >= length) {
      const message = `kargs too large for area: ${bytes.length + 1} vs ${length}`;
      throw new Refusal(image.name, message);
    }
    const content = Buffer.alloc(length, pad.codePointAt(0));
    content.set(Buffer.concat([bytes, Buffer.from(end)]).subarray(0, length));
    return { offset, bytes: content };
  });
}

/** Deletes, appends, replaces, in that order; an argument is the text between two spaces. */
export function changedArguments(text: string, changes: ArgumentChanges, file: string): string {
  let result = ` ${text} `;
  for (const argument of changes.delete) result = result.replaceAll(` ${trim(argument)} `, " ");
  for (const argument of changes.append) result += `${trim(argument)} `;
  for (const change of changes.replace) {
    const [, key, old, replacement] = /^([^=]+)=([^=]+)=([^=]+)$/.exec(change) ?? [];
    if (key === undefined) {
      throw new Refusal(file, "Wrong input, format should be: KEY=OLD=NEW");
    }
    result = result.replaceAll(` ${key}=${old} `, () => ` ${key}=${replacement} `);
  }
  return trim(result);
}

function fromInfo(volume: Volume, bytes: Uint8Array): KernelArguments {
  const info = within("decoding kargs embed area info", () => {
    return fitted(bytes, infoShape) as unknown as Info;
  });
  const { size } = info;
  const originalBytes = Buffer.byteLength(info.default);
  if (size > areaBytesMax) {
    throw refused(`karg embed area size larger than ${areaBytesMax} (found ${size})`);
  }
  if (originalBytes > size) {
    throw refused(`default kargs size ${originalBytes} larger than embed areas (${size})`);
  }
  const areas = info.files
    .map((location) => areaOf(volume, location, size))
    .toSorted((a, b) => a.offset - b.offset);
  return agreed(volume.source, info.default, areas);
}

function areaOf(volume: Volume, location: Location, length: number): ArgumentArea {
  const { path, pad = "#", end = "\n" } = location;
  const file = lookUp(volume, path);
  if (typeof file === "string") {
    throw new FormatError(`There is no file ${path}.`, {
      reference: [`looking up '${path}'`, file],
    });
  }
  if (file.kind !== "file") throw refused(`entry ${file.name} is a directory`);
  return { offset: file.offset + location.offset, length, pad, end };
}

function fromHeader(source: ByteSource): KernelArguments | undefined {
  const bytes = Buffer.from(source.read(header.offset, header.length));
  if (bytes.toString("latin1", 0, 8) !== header.magic) return undefined;
  const number = (offset: number) => Number(bytes.readBigUInt64LE(offset));
  const length = number(8);
  if (length > areaBytesMax) {
    throw refused(`karg embed area length larger than ${areaBytesMax} (found ${length})`);
  }
  const area = (offset: number) => ({ offset, length, pad: "#", end: "\n" });
  const areas: ArgumentArea[] = [];
  for (let index = 0; index < header.areasMax; index += 1) {
    const offset = number(24 + 8 * index);
    if (offset === 0) break;
    areas.push(area(offset));
  }
  const original = within("reading default kargs", () => read(source, area(number(16))));
  return agreed(source, original, areas);
}

/** Every area must have the same arguments. */
function agreed(
  source: ByteSource,
  original: string,
  areas: readonly ArgumentArea[],
): KernelArguments {
  if (areas.length === 0) {
    throw refused("No karg embed areas found; corrupted CoreOS ISO image.");
  }
  const texts = areas.map((area) => within("reading kargs embed area", () => read(source, area)));
  const [current = ""] = texts;
  for (const [index, text] of texts.entries()) {
    if (text === current) continue;
    const { offset = 0 } = areas[index] ?? {};
    throw refused(
      `kargs don't match at all offsets! ` +
        `(expected '${current}', but offset ${offset} has: '${text}')`,
    );
  }
  return { current, original, areas };
}

function read(source: ByteSource, area: ArgumentArea): string {
  if (!Number.isSafeInteger(area.offset + area.length)) {
    throw new FormatError("An area for kernel arguments is outside the image.", {
      reference: [`reading ${area.length} bytes at ${area.offset}`, endsEarly],
    });
  }
  const bytes = readExtent(source, area, "An area for kernel arguments");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new FormatError("An area for kernel arguments has damaged text.", {
      cause: error,
      reference: ["invalid UTF-8 in karg area"],
    });
  }
  return trim(withoutEnd(withoutEnd(text, area.pad), area.end));
}

function withoutEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text.endsWith(character, end)) end -= character.length;
  return text.slice(0, end);
}

/** Trims the white space of Unicode, which differs a little from that of JavaScript. */
function trim(text: string): string {
  return text.replace(/^\p{White_Space}+/u, "").replace(/\p{White_Space}+$/u, "");
}

/** An error with the text of coreos-installer. */
function refused(message: string): FormatError {
  return new FormatError(message, { reference: [message] });
}

/** What to write so that a reset restores `original`. */
export function originalArgumentsPatch(image: Image, original: string): Patch {
  const entry = lookUp(image.volume, argumentAreasPath);
  if (typeof entry === "string") throw new Refusal(image.name, entry);
  const bytes = readExtent(image.volume.source, entry, argumentAreasPath);
  const info = fitted(bytes, infoShape);
  const text = JSON.stringify({ ...info, default: original }, undefined, 2);
  const length = Buffer.byteLength(text);
  if (length > entry.length) {
    const message = `New version of ${argumentAreasPath} does not fit in space (${length} vs ${entry.length})`;
    throw new Refusal(image.name, message);
  }
  return { offset: entry.offset, bytes: Buffer.from(text + " ".repeat(entry.length - length)) };
}
