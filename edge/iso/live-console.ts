/**
 * The consoles of the live system: those of the device that it installs, so that a machine with a serial
 * console alone shows the installation, and the list of a site's devices, there.
 */
import type { Patch } from "../formats/bytes.ts";
import type { Image } from "./image.ts";
import { kernelArgumentPatches, readKernelArguments } from "./kernel-arguments.ts";
import { Refusal } from "./refusal.ts";

/** `console=ttyS0,115200n8`, each once. The kernel's main console is the last. */
export function consolesOf(
  installations: readonly { readonly kernelArguments: readonly string[] }[],
): readonly string[] {
  const all = installations.flatMap(({ kernelArguments }) => kernelArguments);
  return [...new Set(all.filter((argument) => argument.startsWith("console=")))];
}

/** What to write so that the live system has these consoles besides its own. None for an image without areas. */
export function consolePatches(image: Image, consoles: readonly string[]): readonly Patch[] {
  if (consoles.length === 0) return [];
  const found = readKernelArguments(image);
  if (found === undefined) return [];
  const { current, areas } = found;
  const missing = consoles.filter((each) => !` ${current} `.includes(` ${each} `));
  if (missing.length === 0) return [];
  const text = [current, ...missing].join(" ").trim();
  const size = areas[0]?.length ?? 0;
  if (text.length >= size) {
    const message = `the live system has no room for ${missing.join(" ")}: its kernel arguments are ${text.length + 1} bytes, and ${size} fit. Delete a console under kernelArguments.`;
    throw new Refusal(image.name, message);
  }
  return kernelArgumentPatches(image, found, text);
}
