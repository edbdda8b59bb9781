/**
 * Writes the files of an Ignition configuration into a folder that stands for a device's disk. It omits
 * downloads (the K3s binary), which are not available here, and systemd's units, which nothing runs here.
 * test/emulator compares the whole with the real Ignition.
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

/** @param root an absolute path; existing files are replaced */
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
