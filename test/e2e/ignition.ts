/**
 * The files of an Ignition configuration in a folder that stands for a device's disk. What is fetched
 * over the network (the K3s binary) and systemd's units are left out: the first can't be had here,
 * the second nobody runs. test/emulator holds the whole to the real Ignition.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";

interface Ignition {
  readonly storage: {
    readonly directories?: readonly { readonly path: string; readonly mode?: number }[];
    readonly files?: readonly {
      readonly path: string;
      readonly mode?: number;
      readonly contents?: { readonly source?: string; readonly compression?: string };
    }[];
  };
}

/** @param root an absolute path; what is there already is written over */
export function applyIgnition(text: string, root: string): void {
  const { storage } = JSON.parse(text) as Ignition;
  for (const { path, mode = 0o755 } of storage.directories ?? []) {
    mkdirSync(join(root, path), { recursive: true });
    chmodSync(join(root, path), mode);
  }
  for (const { path, mode = 0o644, contents } of storage.files ?? []) {
    if (contents?.source?.startsWith("data:") === false) continue;
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, decoded(contents?.source ?? "data:,", contents?.compression), { mode });
    chmodSync(place, mode);
  }
}

function decoded(source: string, compression: string | undefined): Buffer {
  const comma = source.indexOf(",");
  const data = source.slice(comma + 1);
  const bytes = source.slice(0, comma).endsWith(";base64")
    ? Buffer.from(data, "base64")
    : Buffer.from(decodeURIComponent(data));
  return compression === "gzip" ? gunzipSync(bytes) : bytes;
}
