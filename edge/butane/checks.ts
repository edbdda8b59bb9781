/**
 * What Ignition demands of single objects, in the words of the real tools. A check sees the
 * finished Ignition object and names the field that is wrong.
 */
import { posix } from "node:path";
import type { Json, JsonObject } from "./json.ts";

/** Notes an error at a field of the object, or at the object itself. */
export type Find = (path: readonly (string | number)[], message: string) => void;

export type Check = (object: JsonObject, find: Find) => void;

const unitExtensions: ReadonlySet<string> = new Set([
  ".service",
  ".socket",
  ".device",
  ".mount",
  ".automount",
  ".swap",
  ".target",
  ".path",
  ".timer",
  ".snapshot",
  ".slice",
  ".scope",
]);

/** Length of the sum in hexadecimal digits. */
const hashDigits: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha512", 128],
]);

/** Unlike Node's, also of a name that is nothing else: `.service`. */
function extensionOf(name: unknown): string {
  const text = String(name);
  return text.includes(".") ? text.slice(text.lastIndexOf(".")) : "";
}

export const checkPath: Check = ({ path }, find) => {
  if (typeof path !== "string" || path === "") find(["path"], "path not specified");
  else if (!path.startsWith("/")) find(["path"], "path not absolute");
  else if (posix.resolve(path) !== path) find(["path"], "path is not fully simplified");
};

export const checkMode: Check = ({ mode }, find) => {
  if (typeof mode === "number" && (mode < 0 || mode > 0o7777)) find(["mode"], "illegal file mode");
};

export const checkFile: Check = ({ overwrite, contents }, find) => {
  const source = (contents as JsonObject | undefined)?.["source"];
  if (overwrite === true && source === undefined) {
    find(["overwrite"], "overwrite must be false if source is unspecified");
  }
};

export const checkIdentity: Check = ({ id, name }, find) => {
  if (id !== undefined && name !== undefined && name !== "") {
    find([], "cannot set both id and name");
  }
};

export const checkResource: Check = ({ compression, source, verification }, find) => {
  if (compression !== undefined && compression !== "" && compression !== "gzip") {
    find(["compression"], "invalid compression method");
  }
  if (verification !== undefined && source === undefined) {
    find(["verification", "hash"], "source must be specified if verification is specified");
  }
};

export const checkVerification: Check = ({ hash }, find) => {
  if (typeof hash !== "string") return;
  const dash = hash.indexOf("-");
  const digits = hashDigits.get(hash.slice(0, dash));
  if (dash < 0) find(["hash"], "malformed hash specifier");
  else if (digits === undefined) find(["hash"], "unrecognized hash function");
  else if (hash.length - dash - 1 !== digits) find(["hash"], "incorrect size for hash sum");
};

export const checkUnit: Check = ({ name }, find) => {
  if (!unitExtensions.has(extensionOf(name))) find(["name"], "invalid systemd unit extension");
};

export const checkDropin: Check = ({ name }, find) => {
  if (extensionOf(name) !== ".conf") find(["name"], "invalid systemd drop-in extension");
};

/**
 * No two items of the named lists, taken together, may have the same key: the named field, or with
 * null the item itself.
 */
export function distinct(key: string | null, ...lists: readonly string[]): Check {
  return (object, find) => {
    const seen = new Set<unknown>();
    for (const list of lists) {
      const items = (object[list] ?? []) as readonly Json[];
      items.forEach((item, index) => {
        const value = key === null ? item : (item as JsonObject)[key];
        if (seen.has(value)) find([list, index], "duplicate entry defined");
        seen.add(value);
      });
    }
  };
}
