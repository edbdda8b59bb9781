/** Runs `flotilla iso` inside the test's process, and reads what it made. */
import { mkdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { runIso } from "../../../../cli/compat/iso/run.ts";
import type { Streams } from "../../../../cli/compat/iso/streams.ts";

export interface IsoRun {
  readonly code: number;
  readonly out: Buffer;
  readonly err: string;
}

export async function iso(
  args: readonly string[],
  world: Partial<Pick<Streams, "standardInput" | "outIsTerminal">> = {},
): Promise<IsoRun> {
  const out: Buffer[] = [];
  let err = "";
  const code = await runIso(args, {
    out: (data) => void out.push(Buffer.from(data as string)),
    error: (text) => void (err += `${text}\n`),
    standardInput: () => Buffer.alloc(0),
    outIsTerminal: false,
    ...world,
  });
  return { code, out: Buffer.concat(out), err };
}

/** The file names of a case that stand for `{in}`, `{iso}`, `{out}` and `{w}`. */
export type Places = Readonly<Record<"in" | "iso" | "out" | "w", string>>;

export function places(inputs: string, folder: string): Places {
  mkdirSync(folder, { recursive: true });
  return { in: inputs, iso: `${folder}/w.iso`, out: `${folder}/out.iso`, w: folder };
}

export function filledIn(args: readonly string[], where: Places): string[] {
  return args.map((arg) =>
    arg.replace(/\{(in|iso|out|w)\}/g, (_, name: keyof Places) => where[name]),
  );
}

/**
 * Standard error with places in braces, so that two runs can be compared. The length of an area
 * that is too large differs by how it is compressed, and each program names itself in its usage.
 */
export function comparable(text: string, where: Places): string {
  return text
    .replaceAll(where.in, "{in}")
    .replaceAll(where.out, "{out}")
    .replaceAll(where.w, "{w}")
    .replaceAll("{w}/w.iso", "{iso}")
    .replace(/\.coreos-installer-temp-\w{6}/g, ".coreos-installer-temp-XXXXXX")
    .replace(/\nUsage: .*\n/, "\nUsage: …\n")
    .replace(/(initramfs is too large:) \d+ >/, "$1 … >");
}

/** An Ignition config with what it carries unpacked, as the recorded ones are. */
export function decodedConfig(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodedConfig);
  if (typeof value !== "object" || value === null) return value;
  const { compression, source } = value as { compression?: unknown; source?: unknown };
  const [, body] = /^data:;base64,(.*)$/.exec(typeof source === "string" ? source : "") ?? [];
  if (compression === "gzip" && body !== undefined) {
    const text = gunzipSync(Buffer.from(body, "base64")).toString("utf8");
    try {
      const $endsWithNewline = text.endsWith("\n");
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed !== "object") return { $gzip: text };
      return { $gzipJson: decodedConfig(parsed), $endsWithNewline };
    } catch {
      return { $gzip: text };
    }
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decodedConfig(item)]));
}

export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** Where two files of one length differ; bytes that agree in between for a little don't part them. */
export function changedRanges(before: Buffer, after: Buffer): Range[] {
  const gapBytesMax = 64;
  const ranges: { offset: number; length: number }[] = [];
  for (let offset = 0; offset < before.length; offset += 1) {
    if (offset % 65_536 === 0) {
      const end = offset + 65_536;
      if (before.subarray(offset, end).equals(after.subarray(offset, end))) {
        offset = end - 1;
        continue;
      }
    }
    if (before[offset] === after[offset]) continue;
    const last = ranges.at(-1);
    if (last !== undefined && offset - (last.offset + last.length) < gapBytesMax) {
      last.length = offset + 1 - last.offset;
    } else {
      ranges.push({ offset, length: 1 });
    }
  }
  return ranges;
}
