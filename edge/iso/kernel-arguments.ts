/**
 * The live system's kernel arguments. Each boot loader of the image has them in its configuration, in
 * an area of fixed length. All areas must have the same arguments.
 *
 * Source: coreos-installer, src/live/embed.rs and src/iso9660.rs. Images since September 2021 say in COREOS/KARGS.JSO
 * where the areas are, earlier ones in a header before the first volume descriptor.
 */
import { endsEarly, FormatError, readExtent } from "../formats/bytes.ts";
import type { ByteSource, Extent, Patch } from "../formats/bytes.ts";
import { lookUp } from "../formats/iso9660.ts";
import type { Volume } from "../formats/iso9660.ts";
import { within } from "./context.ts";
import { argumentAreasPath, type ArgumentAreas } from "./image-json.ts";
import { readImageFile } from "./image.ts";
import type { Image } from "./image.ts";
import { blaming, Refusal } from "./refusal.ts";

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

const areaBytesMax = 2_048;

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
    const { volume, json } = image;
    const bytes = readImageFile(volume, argumentAreasPath);
    return bytes === undefined
      ? fromHeader(volume.source)
      : fromInfo(volume, json.argumentAreas(bytes));
  });
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

function fromInfo(volume: Volume, info: ArgumentAreas): KernelArguments {
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

function areaOf(
  volume: Volume,
  location: ArgumentAreas["files"][number],
  length: number,
): ArgumentArea {
  const { path, pad = "#", end = "\n" } = location;
  const file = lookUp(volume, path);
  if (typeof file === "string") {
    throw new FormatError(`The image has no file ${path}.`, {
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

/** Without the white space of Unicode at both ends, which differs a little from that of JavaScript. */
export function trim(text: string): string {
  return text.replace(/^\p{White_Space}+/u, "").replace(/\p{White_Space}+$/u, "");
}

/** An error with the text of coreos-installer. */
function refused(message: string): FormatError {
  return new FormatError(message, { reference: [message] });
}
