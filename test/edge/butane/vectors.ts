/** The recorded behaviour of butane 0.29.0, and the folder of files that its runs had. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { sharedPath } from "../../peers/peers.ts";

export interface Vector {
  readonly name: string;
  readonly options: { readonly strict: boolean; readonly pretty: boolean; filesDir?: string };
  readonly input: string;
  /** Without the final newline. */
  readonly output: string | null;
  readonly error: string | null;
  readonly report: readonly {
    readonly kind: string;
    readonly path: string;
    readonly line: number | null;
    readonly col: number | null;
    readonly message: string;
  }[];
  readonly reportOrder: "stable" | "unstable";
  readonly cli: {
    readonly args: readonly string[];
    readonly exitCode: number;
    readonly stderr: string;
  };
}

const folder = sharedPath("vectors/butane");

export const families: readonly string[] =
  folder === undefined ? [] : readdirSync(folder).map((file) => file.slice(0, -".json".length));

export function vectorsOf(family: string): readonly Vector[] {
  const text = readFileSync(join(folder ?? "", `${family}.json`), "utf8");
  return (JSON.parse(text) as { readonly vectors: readonly Vector[] }).vectors;
}

/** Where ours differs from the recorded behaviour, and why. */
export const differences: ReadonlyMap<string, string> = new Map([
  ["header/openshift-nometa", "variants other than fcos are refused before they are looked at"],
]);

interface FileEntry {
  readonly path: string;
  readonly type: "file" | "symlink" | "dir";
  readonly mode?: string;
  readonly base64?: string;
  readonly target?: string;
}

/** Makes the working folder of the recorded runs. */
export function writeVectorFiles(root: string): void {
  const file = sharedPath("vectors/butane-files.json") ?? "";
  const { entries } = JSON.parse(readFileSync(file, "utf8")) as { entries: readonly FileEntry[] };
  for (const { path, base64, mode, target } of entries) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    if (target !== undefined) symlinkSync(target, place);
    else if (base64 === undefined) mkdirSync(place, { recursive: true });
    else {
      writeFileSync(place, Buffer.from(base64, "base64"));
      chmodSync(place, Number.parseInt(mode ?? "0644", 8));
    }
  }
}

/** With gzipped contents unpacked: other makers of gzip give other bytes. */
export function unpacked(ignition: string): unknown {
  return JSON.parse(ignition, (_, value) => {
    if (value?.compression !== "gzip" || !value.source?.startsWith("data:;base64,")) return value;
    const packed = Buffer.from(value.source.slice("data:;base64,".length), "base64");
    try {
      return { ...value, source: gunzipSync(packed).toString("latin1") };
    } catch {
      return value;
    }
  });
}
