/** What Flotilla's parts make of a device, and what a snippet does to it. */
import { objectOf, objectsOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import type { Path } from "../butane/node.ts";
import { realPath } from "./fedora-coreos.ts";

/** The part that adds a path, a unit or a user, by path, unit and name. */
export interface Owners {
  readonly paths: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, string>;
  readonly users: ReadonlyMap<string, string>;
}

export interface OwnSystem extends Owners {
  /** The Ignition configuration of the parts alone. */
  readonly config: JsonObject;
  readonly architecture: string;
  /** The block devices that Fedora CoreOS is installed to; none where the live system chooses it. */
  readonly disks: readonly string[];
  readonly kernelArguments: readonly string[];
  /** Whether keyfiles of declared interfaces are in the initramfs of the first boot. */
  readonly declaresNetwork: boolean;
}

/** A mistake at a path of an Ignition configuration. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** What one configuration of a snippet does to the system. */
export type Rule = (config: JsonObject, own: OwnSystem) => readonly Finding[];

const nodeLists = ["directories", "files", "links"] as const;
type NodeList = (typeof nodeLists)[number];

/** A file, folder or link, with its place. */
export interface NodeItem {
  readonly list: NodeList;
  readonly node: JsonObject;
  /** As written. */
  readonly path: string;
  /** Without links. */
  readonly real: string;
  readonly at: Path;
}

export function nodesOf(config: JsonObject): readonly NodeItem[] {
  return nodeLists.flatMap((list) =>
    objectsOf(objectOf(config, "storage"), list).map((node, index) => {
      const path = String(node["path"] ?? "");
      return { list, node, path, real: realPath(path), at: ["storage", list, index, "path"] };
    }),
  );
}

export function unitsOf(config: JsonObject): readonly JsonObject[] {
  return objectsOf(objectOf(config, "systemd"), "units");
}

export function replacement(what: string, part: string | undefined, remedy: string): string {
  return `${what} belongs to Flotilla's part "${part}", and this silently replaces it. ${remedy}, or delete this.`;
}
