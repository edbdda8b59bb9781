/**
 * Output that is made from fields that only Butane has: contents inline or from a file, keys from a
 * file.
 */
import { encodeContents, escapedContents } from "./data-url.ts";
import type { Json } from "./json.ts";
import { readLocal } from "./local-contents.ts";
import { LocalFileError, type LocalFiles, noFolderMessage } from "../../fleet/model/local-files.ts";
import { type Path, pathOf, type Trail } from "./node.ts";
import { type Fields, listIn } from "./source-checks.ts";
import { since, type Version } from "./versions.ts";

export interface CompletionContext {
  readonly version: Version;
  readonly files: LocalFiles;
  /** Reports an error at a field of the source. */
  readonly refuse: (path: Path, message: string) => void;
}

/** The output of an object that is not a copy of its fields. */
export interface Completed {
  /** Output fields that replace the copied ones or are added to them. */
  readonly output: Readonly<Record<string, Json | undefined>>;
  /** Their source paths, relative to the object; see `Origin.parts`. */
  readonly parts: Readonly<Record<string, Path>>;
}

/** `trail` is the path of the object. */
export type Completion = (
  fields: Fields,
  context: CompletionContext,
  trail?: Trail,
) => Completed | undefined;

/** The contents of the file that a field names, or undefined after an error in the report. */
function readAt(
  { files, refuse }: CompletionContext,
  trail: Trail | undefined,
  path: Path,
  name: string,
): Buffer | undefined {
  try {
    return readLocal(files, name);
  } catch (error) {
    if (!(error instanceof LocalFileError)) throw error;
    refuse([...pathOf(trail), ...path], error.message);
    return undefined;
  }
}

const partsOfInline = { source: ["inline"], compression: ["inline"] };
const partsOfLocal = { source: ["local"], compression: ["local"] };
const partsOfCompressedInline = { source: ["inline"] };
const partsOfCompressedLocal = { source: ["local"] };

export const completeResource: Completion = (fields, context, trail) => {
  const { inline, local, compression } = fields;
  const compressed = typeof compression === "string" && compression !== "";
  const isLocal = typeof local === "string";
  if (!isLocal && typeof inline !== "string") return undefined;
  const contents = isLocal ? readAt(context, trail, ["local"], local) : String(inline);
  if (contents === undefined) return undefined;
  if (context.version.minor < since.compression) {
    return { output: { source: escapedContents(contents) }, parts: partsOfCompressedInline };
  }
  const { source, gzipped } = encodeContents(contents, !compressed);
  if (compressed) {
    return {
      output: { source },
      parts: isLocal ? partsOfCompressedLocal : partsOfCompressedInline,
    };
  }
  return {
    output: { compression: gzipped ? "gzip" : "", source },
    parts: isLocal ? partsOfLocal : partsOfInline,
  };
};

/** Writes the location even if it is absent. */
export const completeReference: Completion = ({ source }) =>
  source === undefined ? { output: { source: null }, parts: {} } : undefined;

/** Outside a list, the location is written only if the object has other fields. */
export const completeSingleReference: Completion = (fields, context) => {
  const isEmpty = Object.keys((fields["verification"] ?? {}) as Fields).length === 0;
  return isEmpty ? undefined : completeReference(fields, context);
};

const completeContents: Completion = (fields, context, trail) => {
  const { contents_local: local } = fields;
  if (typeof local !== "string" || local === "") return undefined;
  const contents = readAt(context, trail, ["contents_local"], local);
  if (contents === undefined) return undefined;
  return {
    output: { contents: contents.toString("utf8") },
    parts: { contents: ["contents_local"] },
  };
};

export const completeUnit: Completion = completeContents;
export const completeDropin: Completion = completeContents;

export const completeUser: Completion = (fields, context, trail) => {
  const local = listIn<string>(fields, "ssh_authorized_keys_local");
  if (local.length === 0) return undefined;
  if (context.files.folder === "") {
    context.refuse([...pathOf(trail), "ssh_authorized_keys_local"], noFolderMessage);
    return undefined;
  }
  const keys = [...listIn<string>(fields, "ssh_authorized_keys")];
  const parts: Record<string, Path> = { sshAuthorizedKeys: ["ssh_authorized_keys_local"] };
  keys.forEach((_, index) => {
    parts[`sshAuthorizedKeys.${index}`] = ["ssh_authorized_keys", index];
  });
  for (const [index, inside] of local.entries()) {
    const path = ["ssh_authorized_keys_local", index];
    const text = readAt(context, trail, path, inside)?.toString("utf8");
    for (const line of (text ?? "").split(/\r?\n/)) {
      if (line === "") continue;
      parts[`sshAuthorizedKeys.${keys.length}`] = path;
      keys.push(line);
    }
  }
  return { output: keys.length > 0 ? { sshAuthorizedKeys: keys } : {}, parts };
};
