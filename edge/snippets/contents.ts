/**
 * What a snippet writes into a file or trusts. What Ignition cannot unpack, or what does not have the
 * hash that is written beside it, stops the first boot after the disk was erased.
 */
import { createHash } from "node:crypto";
import { objectOf, objectsOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import type { Path } from "../butane/node.ts";
import { FormatError } from "../formats/bytes.ts";
import { resourceContents } from "../iso/resource.ts";
import type { Finding, Rule } from "./own-system.ts";

/** Bytes, or a mistake; neither of them if the device fetches the contents. */
interface ReadContents {
  readonly bytes?: Uint8Array | undefined;
  readonly mistake?: string;
  /** The field with the mistake. */
  readonly field?: Path;
}

export function readContents(resource: JsonObject, lengthMax: number): ReadContents {
  let bytes: Uint8Array | undefined;
  try {
    bytes = resourceContents(resource, lengthMax);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { mistake: `${error.message} Ignition cannot read it.`, field: ["source"] };
  }
  const expected = objectOf(resource, "verification")["hash"];
  if (bytes === undefined || typeof expected !== "string") return { bytes };
  const found = hashOf(bytes, expected);
  if (found === expected) return { bytes };
  const mistake = `the hash of the contents is ${found}, expected ${expected}.`;
  return { mistake, field: ["verification", "hash"] };
}

/** The hash by the same function as `like`. */
function hashOf(bytes: Uint8Array, like: string): string {
  const name = like.startsWith("sha256-") ? "sha256" : "sha512";
  return `${name}-${createHash(name).update(bytes).digest("hex")}`;
}

const bytesMax = 64 * 1_048_576;

export const checkContents: Rule = (config) =>
  resourcesOf(config).flatMap(({ resource, at }): readonly Finding[] => {
    const isPlain = resource["compression"] === undefined && resource["verification"] === undefined;
    // Butane has checked the URL.
    if (isPlain) return [];
    const { mistake, field = [] } = readContents(resource, bytesMax);
    return mistake === undefined ? [] : [{ path: [...at, ...field], message: mistake }];
  });

interface Place {
  readonly resource: JsonObject;
  readonly at: Path;
}

function resourcesOf(config: JsonObject): readonly Place[] {
  const storage = objectOf(config, "storage");
  const inFiles = objectsOf(storage, "files").flatMap((file, index): readonly Place[] => {
    const at = ["storage", "files", index];
    const appended = objectsOf(file, "append").map((resource, number) => ({
      resource,
      at: [...at, "append", number],
    }));
    return [{ resource: objectOf(file, "contents"), at: [...at, "contents"] }, ...appended];
  });
  const keys = objectsOf(storage, "luks").map((volume, index) => ({
    resource: objectOf(volume, "keyFile"),
    at: ["storage", "luks", index, "keyFile"],
  }));
  const tls = objectOf(objectOf(objectOf(config, "ignition"), "security"), "tls");
  const authorities = objectsOf(tls, "certificateAuthorities").map((resource, index) => ({
    resource,
    at: ["ignition", "security", "tls", "certificateAuthorities", index],
  }));
  return [...inFiles, ...keys, ...authorities];
}
