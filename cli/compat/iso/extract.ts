/** `flotilla iso extract`: copies files from an image. */
import { openSync, closeSync, writeSync } from "node:fs";
import { join, parse } from "node:path";
import { makeFolder } from "../../../fleet/files/folder.ts";
import type { ByteSource, Extent } from "../../../edge/formats/bytes.ts";
import { openLiveImage } from "../coreos-installer/live-image.ts";
import {
  minimalImage,
  requireOriginal,
  rootFileSystem,
} from "../coreos-installer/minimal-image.ts";
import { pxeFiles } from "../coreos-installer/pxe-files.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";
import { patchedSource } from "../../../edge/iso/patched-source.ts";
import type { Parsed } from "./arguments.ts";
import { newFile, requireNoTerminal, withIsoFile, writeOut } from "./iso-file.ts";
import { accessing } from "./named-files.ts";
import type { Streams } from "./streams.ts";

const chunkBytes = 1_048_576;

export async function extractPxe(args: Parsed, streams: Streams): Promise<void> {
  const path = args.operand("ISO");
  const folder = args.value("output-dir") ?? ".";
  await withIsoFile(path, "r", ({ source }) => {
    const files = pxeFiles(path, source);
    accessing(folder, [], () => makeFolder(folder));
    for (const file of files) {
      const name = `${parse(path).name}-${file.name.toLowerCase()}`;
      const target = folder === "." ? `./${name}` : join(folder, name);
      streams.out(`${target}\n`);
      copyOut(source, file, target);
    }
  });
}

export async function extractMinimal(args: Parsed, streams: Streams): Promise<void> {
  const path = args.operand("ISO");
  const output = args.operand("OUTPUT_ISO");
  const rootOutput = args.value("output-rootfs");
  await withIsoFile(path, "r", async ({ source }) => {
    const image = await withoutContext("parsing ISO9660 image", () => openLiveImage(path, source));
    requireOriginal(image);
    if (output === "-") requireNoTerminal(streams);
    if (rootOutput !== undefined) copyOut(source, rootFileSystem(image), rootOutput);
    const minimal = minimalImage(image, args.value("rootfs-url"));
    const result = patchedSource(minimal.source, minimal.patches);
    if (output === "-") {
      writeOut(result, streams);
      return;
    }
    const all = { offset: 0, length: result.size };
    await withoutContext(`persisting output file to ${output}`, () =>
      newFile(output, (temporary) => write(result, all, temporary, 0o600)),
    );
  });
}

/** Writes a part of the image to a new file. */
function copyOut(source: ByteSource, extent: Extent, target: string): void {
  accessing(target, [`opening ${target}`], () => write(source, extent, target, 0o666));
}

function write(source: ByteSource, extent: Extent, target: string, mode: number): void {
  const descriptor = openSync(target, "wx", mode);
  try {
    const end = extent.offset + extent.length;
    for (let offset = extent.offset; offset < end; offset += chunkBytes) {
      const bytes = source.read(offset, Math.min(chunkBytes, end - offset));
      let done = 0;
      while (done < bytes.length) done += writeSync(descriptor, bytes, done);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The errors of coreos-installer have less context here. */
async function withoutContext<Result>(
  context: string,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal) || error.reference[0] !== context) throw error;
    throw new Refusal("", error.message, error.reference.slice(1));
  }
}
