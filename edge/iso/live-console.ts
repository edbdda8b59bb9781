/**
 * The consoles of the live system: those of the device that it installs, so that a machine with a serial
 * console alone shows the installation, and the list of a site's devices, there.
 *
 * Each boot loader of the image has the kernel's arguments in its configuration, in an area of fixed length
 * (coreos-installer, src/live/customize.rs and src/iso9660.rs; images since September 2021).
 */
import { readExtent, type Extent, type Patch } from "../formats/bytes.ts";
import { lookUp } from "../formats/iso9660.ts";
import { argumentAreas, argumentAreasPath, type ArgumentAreas } from "./image-json.ts";
import { readImageFile, type Image } from "./image.ts";
import { blaming, Refusal } from "./refusal.ts";

/** `console=ttyS0,115200n8`, each once. The kernel's main console is the last. */
export function consolesOf(
  installations: readonly { readonly kernelArguments: readonly string[] }[],
): readonly string[] {
  const all = installations.flatMap(({ kernelArguments }) => kernelArguments);
  return [...new Set(all.filter((argument) => argument.startsWith("console=")))];
}

/** What to write so that the live system has these consoles besides its own. None for an older image. */
export function consolePatches(image: Image, consoles: readonly string[]): readonly Patch[] {
  if (consoles.length === 0) return [];
  const remedy = "Start from a fresh download of the image.";
  return blaming({ file: image.name, remedy, context: [] }, () => {
    const bytes = readImageFile(image.volume, argumentAreasPath);
    if (bytes === undefined) return [];
    const areas = argumentAreas(bytes);
    return areas.files.flatMap((file) => patchOf(image, areas, file, consoles));
  });
}

function patchOf(
  image: Image,
  { size }: ArgumentAreas,
  { path, offset, pad = "#", end = "\n" }: ArgumentAreas["files"][number],
  consoles: readonly string[],
): readonly Patch[] {
  const file = lookUp(image.volume, path);
  if (typeof file === "string") return [];
  const area: Extent = { offset: file.offset + offset, length: size };
  const content = Buffer.from(readExtent(image.volume.source, area, "An area for arguments"));
  const present = content.toString("latin1").split(end, 1).join("").trim();
  const missing = consoles.filter((each) => !` ${present} `.includes(` ${each} `));
  if (missing.length === 0) return [];
  const text = `${[present, ...missing].join(" ").trim()}${end}`;
  if (text.length > size) {
    const message = `the live system has no room for ${missing.join(" ")}: its kernel arguments are ${text.length} bytes, and ${size} fit. Delete a console under kernelArguments.`;
    throw new Refusal(image.name, message);
  }
  return [{ offset: area.offset, bytes: Buffer.from(text.padEnd(size, pad), "latin1") }];
}
