/**
 * What an embedded Ignition config is made of, down through the configs that it carries: for the
 * byte budget, and for reading back what was embedded. Nothing in here is trusted: what isn't an
 * Ignition config has no parts.
 */
import { isMapping, type Values } from "../../fleet/model/values.ts";
import { FormatError } from "../formats/bytes.ts";
import type { Files } from "../formats/cpio.ts";
import { resourceContents } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** Something in a config that has bytes of its own. */
export interface Content {
  /** A file's path or a unit's name. */
  readonly path: string;
  readonly bytes: number;
}

interface File {
  readonly path?: string;
  readonly contents?: Resource;
  readonly append?: readonly Resource[];
}

interface Config {
  readonly ignition?: { readonly config?: { readonly merge?: readonly Resource[] } };
  readonly storage?: { readonly files?: readonly File[] };
  readonly systemd?: {
    readonly units?: readonly {
      readonly name?: string;
      readonly contents?: string | null;
      readonly dropins?: readonly { readonly name?: string; readonly contents?: string | null }[];
    }[];
  };
}

const largestCount = 5;
/** Live config, device config, what that merges. */
const depthMax = 4;
const unpackedBytesMax = 32 * 1_048_576;

/** The largest of what the embed area's files are made of, the largest first. */
export function largestContents(files: Files): readonly Content[] {
  return [...files]
    .flatMap(([path, data]) => contentsOf(path, data, 0))
    .toSorted((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
    .slice(0, largestCount);
}

/** The contents of the file that a config writes at `path`, or undefined. */
export function fileInConfig(config: Uint8Array, path: string): Uint8Array | undefined {
  const file = (configOf(config)?.storage?.files ?? []).find((each) => each.path === path);
  return file?.contents && unpacked(file.contents);
}

/** The paths that a config writes files at, in its order. */
export function pathsInConfig(config: Uint8Array): readonly string[] {
  return (configOf(config)?.storage?.files ?? []).flatMap(({ path }) => path ?? []);
}

function contentsOf(path: string, data: Uint8Array, depth: number): readonly Content[] {
  const config = depth < depthMax ? configOf(data) : undefined;
  const parts = config === undefined ? [] : partsOf(config, depth + 1);
  return parts.length > 0 ? parts : [{ path, bytes: data.length }];
}

function partsOf(config: Config, depth: number): Content[] {
  const parts: Content[] = [];
  const add = (path: string, resource: Resource) => {
    const data = unpacked(resource);
    if (data !== undefined) parts.push(...contentsOf(path, data, depth));
  };
  for (const resource of config.ignition?.config?.merge ?? []) add("a merged config", resource);
  for (const { path = "", contents, append } of config.storage?.files ?? []) {
    if (contents) add(path, contents);
    for (const resource of append ?? []) add(path, resource);
  }
  for (const { name = "", contents, dropins } of config.systemd?.units ?? []) {
    if (contents) parts.push({ path: name, bytes: Buffer.byteLength(contents) });
    for (const dropin of dropins ?? []) {
      const path = `${name}.d/${dropin.name}`;
      if (dropin.contents) parts.push({ path, bytes: Buffer.byteLength(dropin.contents) });
    }
  }
  return parts;
}

function unpacked(resource: Resource): Uint8Array | undefined {
  try {
    return resourceContents(resource, unpackedBytesMax);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** A config whose lists are lists and whose texts are texts, or undefined. */
function configOf(data: Uint8Array): Config | undefined {
  if (data[0] !== 0x7b) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString("utf8"));
  } catch {
    return undefined;
  }
  return hasShape(value) ? value : undefined;
}

function hasShape(value: unknown): value is Config {
  if (!isMapping(value)) return false;
  const { ignition, storage, systemd } = value as Record<string, unknown>;
  if (!isMapping(ignition)) return false;
  const config = (ignition as { config?: unknown }).config;
  const files = isMapping(storage) ? (storage as { files?: unknown }).files : [];
  const units = isMapping(systemd) ? (systemd as { units?: unknown }).units : [];
  const merge = isMapping(config) ? (config as { merge?: unknown }).merge : [];
  return (
    listOf(merge, isResource) &&
    listOf(files, (file) => {
      const { path, contents, append } = file;
      const isSound = contents === undefined || contents === null || isResource(contents);
      return isText(path) && isSound && listOf(append, isResource);
    }) &&
    listOf(units, (unit) => {
      const { name, contents, dropins } = unit;
      return (
        isText(name) && isText(contents) && listOf(dropins, (each) => isText(each["contents"]))
      );
    })
  );
}

function isText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
}

function isResource(value: unknown): boolean {
  return isMapping(value) && isText(value["source"]) && isText(value["compression"]);
}

function listOf(value: unknown, accepts: (item: Values) => boolean): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.every((item) => isMapping(item) && accepts(item));
}
