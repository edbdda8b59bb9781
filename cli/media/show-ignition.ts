/** The contents of a device's Ignition config, and where each of them comes from. */
import { resourceContents, type Resource } from "../../edge/iso/resource.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";

/** A file, folder or link that Ignition writes. */
export interface ShownFile {
  readonly path: string;
  readonly kind: "file" | "directory" | "link";
  /** Permission bits in octal, `0600`; null for a link, or if Ignition decides. */
  readonly mode: string | null;
  /** Bytes of its contents; null if they are not in the configuration. */
  readonly sizeBytes: number | null;
  /** The target of a link, or the URL that a file is fetched from at the first boot. */
  readonly from: string | null;
  /** The part of Flotilla that adds it, or the place of the operator's own Butane. */
  readonly origin: string;
}

export interface ShownUnit {
  readonly name: string;
  /** Null if the configuration does not change it. */
  readonly enabled: boolean | null;
  readonly dropins: readonly string[];
  readonly origin: string;
}

/** The contents of a configuration. */
export interface ShownContents {
  readonly kernelArguments: readonly string[];
  readonly users: readonly { readonly name: string; readonly sshKeys: number }[];
  readonly files: readonly ShownFile[];
  readonly units: readonly ShownUnit[];
  /** Disks, partitions, file systems and so on that Ignition makes, as text. */
  readonly storage: readonly string[];
}

/** The fields of Ignition that are shown. */
interface Ignition {
  readonly ignition?: { readonly config?: { readonly merge?: readonly Resource[] } };
  readonly kernelArguments?: { readonly shouldExist?: readonly string[] };
  readonly passwd?: {
    readonly users?: readonly { name: string; sshAuthorizedKeys?: readonly string[] }[];
  };
  readonly storage?: {
    readonly files?: readonly Node[];
    readonly directories?: readonly Node[];
    readonly links?: readonly (Node & { readonly target?: string })[];
    readonly disks?: readonly { readonly device: string; readonly wipeTable?: boolean }[];
    readonly raid?: readonly { readonly name: string; readonly level?: string }[];
    readonly luks?: readonly { readonly name: string; readonly device?: string }[];
    readonly filesystems?: readonly { device: string; format?: string; path?: string }[];
  };
  readonly systemd?: {
    readonly units?: readonly {
      readonly name: string;
      readonly enabled?: boolean;
      readonly contents?: string;
      readonly dropins?: readonly { readonly name: string; readonly contents?: string }[];
    }[];
  };
}

interface Node {
  readonly path: string;
  readonly mode?: number;
  readonly contents?: Resource;
  readonly append?: readonly Resource[];
}

/** A configuration and the origin of its contents. */
export interface Layer {
  readonly config: Ignition;
  /** @param name a path, or a unit's name */
  readonly originOf: (name: string) => string;
}

const contentsBytesMax = 32 * 1_048_576;

/**
 * A device's Ignition, followed by each configuration that it merges.
 *
 * @param owners the part that adds a path or a unit
 * @param mergedOrigins the origin of each merged configuration, in their order
 */
export function layersOf(
  ignition: Uint8Array,
  owners: ReadonlyMap<string, string>,
  mergedOrigins: readonly string[],
): readonly Layer[] {
  const config = parseIgnition(ignition);
  const merged = (config.ignition?.config?.merge ?? []).map((resource, index): Layer => {
    const bytes = resourceContents(resource, contentsBytesMax);
    const origin = mergedOrigins[index] ?? "butane";
    return { config: bytes ? parseIgnition(bytes) : {}, originOf: () => origin };
  });
  return [{ config, originOf: (name) => owners.get(name) ?? "flotilla" }, ...merged];
}

export function contentsOfLayers(layers: readonly Layer[]): ShownContents {
  return {
    kernelArguments: layers.flatMap(({ config }) => config.kernelArguments?.shouldExist ?? []),
    users: usersOf(layers),
    files: layers.flatMap(filesOf).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    units: layers.flatMap(unitsOf).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    storage: layers.flatMap(({ config }) => storageOf(config)),
  };
}

/**
 * Functions that return the text of every file, unit and drop-in, by its path or name.
 *
 * They throw an InputError if the contents are not text or not in the configuration.
 */
export function textsOf(layers: readonly Layer[]): ReadonlyMap<string, () => string> {
  const texts = new Map<string, () => string>();
  for (const { config } of layers) {
    for (const file of config.storage?.files ?? []) texts.set(file.path, () => fileText(file));
    for (const { name, contents, dropins = [] } of config.systemd?.units ?? []) {
      if (contents !== undefined) texts.set(name, () => contents);
      for (const dropin of dropins) {
        texts.set(`${name}.d/${dropin.name}`, () => dropin.contents ?? "");
      }
    }
  }
  return texts;
}

function fileText({ path, contents, append = [] }: Node): string {
  const resources = [...(contents ? [contents] : []), ...append];
  const texts = resources.map((resource) => {
    const bytes = resourceContents(resource, contentsBytesMax);
    if (bytes === undefined && resource.source) {
      throw refusal(path, `the device fetches it at its first boot, from ${resource.source}`);
    }
    return decode(path, bytes ?? new Uint8Array());
  });
  return texts.join("");
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refusal(path, `it is not text; it has ${bytes.length} bytes`);
  }
}

export function refusal(path: string, message: string): InputError {
  return new InputError([{ file: path, message }]);
}

function parseIgnition(bytes: Uint8Array): Ignition {
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Ignition;
}

function filesOf({ config, originOf }: Layer): ShownFile[] {
  const { files = [], directories = [], links = [] } = config.storage ?? {};
  const shared = ({ path, mode }: Node) => ({
    path,
    mode: mode === undefined ? null : mode.toString(8).padStart(4, "0"),
    sizeBytes: null,
    from: null,
    origin: originOf(path),
  });
  return [
    ...files.map((file): ShownFile => ({ ...shared(file), kind: "file", ...contentsOf(file) })),
    ...directories.map((node): ShownFile => ({ ...shared(node), kind: "directory" })),
    ...links.map((node): ShownFile => ({
      ...shared(node),
      kind: "link",
      from: node.target ?? null,
    })),
  ];
}

function contentsOf(file: Node): Pick<ShownFile, "sizeBytes" | "from"> {
  const resources = [...(file.contents ? [file.contents] : []), ...(file.append ?? [])];
  let sizeBytes = 0;
  for (const resource of resources) {
    const bytes = resourceContents(resource, contentsBytesMax);
    if (bytes === undefined && resource.source) return { sizeBytes: null, from: resource.source };
    sizeBytes += bytes?.length ?? 0;
  }
  return { sizeBytes, from: null };
}

function unitsOf({ config, originOf }: Layer): ShownUnit[] {
  return (config.systemd?.units ?? []).map(({ name, enabled, dropins = [] }) => ({
    name,
    enabled: enabled ?? null,
    dropins: dropins.map((dropin) => dropin.name),
    origin: originOf(name),
  }));
}

/** A user of several layers gets the keys of all. */
function usersOf(layers: readonly Layer[]): ShownContents["users"] {
  const keys = new Map<string, Set<string>>();
  for (const { name, sshAuthorizedKeys = [] } of layers.flatMap(
    ({ config }) => config.passwd?.users ?? [],
  )) {
    keys.set(name, new Set([...(keys.get(name) ?? []), ...sshAuthorizedKeys]));
  }
  return [...keys].map(([name, all]) => ({ name, sshKeys: all.size }));
}

function storageOf({ storage = {} }: Ignition): string[] {
  const { disks = [], raid = [], luks = [], filesystems = [] } = storage;
  return [
    ...disks.map(({ device, wipeTable }) => {
      return `disk ${device}${wipeTable ? ", its partition table ERASED" : ""}`;
    }),
    ...raid.map(({ name, level }) => `RAID ${name}${level ? `, ${level}` : ""}`),
    ...luks.map(({ name, device }) => `encryption of ${name}${device ? ` on ${device}` : ""}`),
    ...filesystems.map(({ device, format, path }) => {
      return `file system ${format ?? ""} on ${device}${path ? ` at ${path}` : ""}`;
    }),
  ];
}
