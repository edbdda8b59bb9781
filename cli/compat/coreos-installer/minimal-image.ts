/**
 * Makes the minimal image of a full one. A minimal image has no root file system: it downloads it from
 * `coreos.live.rootfs_url`.
 */
import { createHash } from "node:crypto";
import { FormatError, readExtent, requireInside } from "../../../edge/formats/bytes.ts";
import type { ByteSource, Extent, Patch } from "../../../edge/formats/bytes.ts";
import { lookUp } from "../../../edge/formats/iso9660.ts";
import type { Entry } from "../../../edge/formats/iso9660.ts";
import { kernelArgumentPatches } from "../../../edge/iso/kernel-arguments.ts";
import { blaming, Refusal } from "../../../edge/iso/refusal.ts";
import { composedSource, readMinimalRecipe } from "./minimal-recipe.ts";
import {
  changedArguments,
  originalArgumentsPatch,
  requireKernelArguments,
} from "./kernel-arguments.ts";
import { openLiveImage } from "./live-image.ts";
import type { LiveImage } from "./live-image.ts";

const recipePath = "COREOS/MINISO.DAT";
const recipeBytesMax = 1_048_576;
const rootPath = "IMAGES/PXEBOOT/ROOTFS.IMG";
const hashChunkBytes = 1_048_576;

export interface MinimalImage {
  readonly source: ByteSource;
  /** What to change in it. */
  readonly patches: readonly Patch[];
}

/** Throws a `Refusal` if the image is not as it was downloaded. */
export function requireOriginal(image: LiveImage): void {
  if (image.files.size === 0) {
    const { current, original } = requireKernelArguments(image, image.kernelArguments);
    if (current === original) return;
  }
  const message =
    "Cannot operate on ISO with embedded customizations.\n" +
    "Reset it with `coreos-installer iso reset` and try again.";
  throw new Refusal(image.name, message);
}

/** The root file system, which the minimal image does not have. */
export function rootFileSystem(image: LiveImage): Entry {
  const found = lookUp(image.volume, rootPath);
  if (typeof found !== "string" && found.kind === "file") return found;
  const reason = typeof found === "string" ? found : `entry ${found.name} is a directory`;
  throw new Refusal(image.name, reason, [`looking up '${rootPath}'`, reason]);
}

/** `rootUrl` is the address of the root file system for the minimal image. */
export function minimalImage(image: LiveImage, rootUrl: string | undefined): MinimalImage {
  const recipe = lookUp(image.volume, recipePath);
  if (typeof recipe === "string") {
    throw new Refusal(image.name, "This ISO image does not support extracting a minimal ISO.");
  }
  const blame = (context: string) => ({
    file: image.name,
    remedy: "Start from a fresh download of the image.",
    context: [context],
  });
  const source = blaming(blame("reading miniso data file"), () => compose(image, recipe));
  return { source, patches: argumentPatches(image, source, rootUrl) };
}

function compose(image: LiveImage, recipe: Extent): ByteSource {
  const full = image.volume.source;
  const length = Math.min(recipe.length, recipeBytesMax);
  const { pieces, digest } = readMinimalRecipe(
    readExtent(full, { offset: recipe.offset, length }, recipePath),
  );
  for (const piece of pieces) {
    if (!(piece instanceof Uint8Array)) requireInside(full, piece, "A file of the minimal image");
  }
  const source = composedSource(full, pieces);
  if (source.size > full.size) {
    throw new FormatError("The recipe of the minimal image makes it larger than the full one.");
  }
  const hash = createHash("sha256");
  for (let offset = 0; offset < source.size; offset += hashChunkBytes) {
    hash.update(source.read(offset, Math.min(hashChunkBytes, source.size - offset)));
  }
  const found = hash.digest();
  if (found.equals(digest)) return source;
  const expected = Buffer.from(digest).toString("hex");
  throw new FormatError("The hash of the minimal image differs from its recipe.", {
    reference: [`wrong final digest: expected ${expected}, found ${found.toString("hex")}`],
  });
}

/** Removes the argument for the root file system of the image, and adds the one for its address. */
function argumentPatches(
  image: LiveImage,
  source: ByteSource,
  rootUrl: string | undefined,
): readonly Patch[] {
  const context = "modifying miniso kernel args";
  const minimal = openLiveImage(image.name, source);
  const found = requireKernelArguments(minimal, minimal.kernelArguments);
  const live = found.current.split(/\s+/).find((each) => each.startsWith("coreos.liveiso="));
  if (live === undefined) {
    const reason = "minimal ISO does not have coreos.liveiso= karg";
    throw new Refusal(image.name, reason, [context, reason]);
  }
  const nothing = { append: [], delete: [], replace: [] };
  const original = changedArguments(found.current, { ...nothing, delete: [live] }, image.name);
  if (rootUrl !== undefined && rootUrl.trim().split(/\s+/).length > 1) {
    const reason = `forbidden whitespace found in '${rootUrl}'`;
    throw new Refusal(image.name, reason, [context, reason]);
  }
  const append = rootUrl === undefined ? [] : [`coreos.live.rootfs_url=${rootUrl}`];
  const text = changedArguments(original, { ...nothing, append }, image.name);
  return [
    ...kernelArgumentPatches(minimal, found, text),
    originalArgumentsPatch(minimal, original),
  ];
}
