/** What the commands of coreos-installer do to the live system's kernel arguments. */
import { readExtent } from "../../../edge/formats/bytes.ts";
import type { Patch } from "../../../edge/formats/bytes.ts";
import { lookUp } from "../../../edge/formats/iso9660.ts";
import { argumentAreasPath } from "../../../edge/iso/image-json.ts";
import type { Image } from "../../../edge/iso/image.ts";
import { trim, type KernelArguments } from "../../../edge/iso/kernel-arguments.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";
import { argumentAreasShape, fitted } from "./image-json.ts";

export interface ArgumentChanges {
  readonly append: readonly string[];
  readonly delete: readonly string[];
  /** KEY=OLD=NEW. */
  readonly replace: readonly string[];
}

/** The arguments. Throws a `Refusal` if the image has no areas for them. */
export function requireKernelArguments(
  image: Image,
  found: KernelArguments | undefined,
): KernelArguments {
  if (found !== undefined) return found;
  throw new Refusal(image.name, "No karg embed areas found; old or corrupted CoreOS ISO image.");
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

/** What to write so that a reset restores `original`. */
export function originalArgumentsPatch(image: Image, original: string): Patch {
  const entry = lookUp(image.volume, argumentAreasPath);
  if (typeof entry === "string") throw new Refusal(image.name, entry);
  const bytes = readExtent(image.volume.source, entry, argumentAreasPath);
  const info = fitted(bytes, argumentAreasShape);
  const text = JSON.stringify({ ...info, default: original }, undefined, 2);
  const length = Buffer.byteLength(text);
  if (length > entry.length) {
    const message = `New version of ${argumentAreasPath} does not fit in space (${length} vs ${entry.length})`;
    throw new Refusal(image.name, message);
  }
  return { offset: entry.offset, bytes: Buffer.from(text + " ".repeat(entry.length - length)) };
}
