/** Ignition's rules for `storage` as a whole. */
import { type Check, type Find, isFilled, objectOf, objectsOf } from "./checks.ts";
import { cleanPath, joinPath } from "./go.ts";
import type { Json, JsonObject } from "./json.ts";
import { since } from "./versions.ts";

export const checkStorage: Check = (storage, find, version) => {
  const links = objectsOf(storage, "links");
  const tree = linkTreeOf(links);
  const directories = new Set(objectsOf(storage, "directories").map(({ path }) => path));
  findBelow(tree, storage, "directories", "directory", find);
  findBelow(tree, storage, "files", "file", find);
  links.forEach((link, index) => {
    for (let above = linksAbove(tree, link["path"]); above > 0; above -= 1) {
      find(["links", index], "link path includes link in config");
    }
    if (isFilled(link["target"])) findHardLink(link, index, directories, find);
    else if (version.minor >= since.optionalTarget) {
      find(["links", index, "target"], "link target is required");
    }
  });
  findWiped(storage, find);
};

/** A step in the tree of all links' paths. With it, the links above a path are found without a search. */
interface LinkStep {
  readonly children: Map<string, LinkStep>;
  /** How many links end here. */
  links: number;
}

function linkTreeOf(links: readonly JsonObject[]): LinkStep {
  const root: LinkStep = { children: new Map(), links: 0 };
  for (const { path } of links) {
    let place = root;
    for (const step of stepsOf(path)) {
      const child = place.children.get(step) ?? { children: new Map(), links: 0 };
      place.children.set(step, child);
      place = child;
    }
    place.links += 1;
  }
  return root;
}

/** How many links are above the path. */
function linksAbove(root: LinkStep, path: Json | undefined): number {
  let place: LinkStep | undefined = root;
  let links = 0;
  for (const step of stepsOf(path)) {
    links += place.links;
    place = place.children.get(step);
    if (place === undefined) break;
  }
  return Math.min(links, linksReportedMax);
}

/** A configuration with more links above one path repeats the same link. */
const linksReportedMax = 16;

const stepsOf = (path: Json | undefined) => String(path ?? "").split("/");

function findBelow(
  tree: LinkStep,
  storage: JsonObject,
  list: string,
  noun: string,
  find: Find,
): void {
  objectsOf(storage, list).forEach(({ path }, index) => {
    for (let above = linksAbove(tree, path); above > 0; above -= 1) {
      find([list, index], `${noun} path includes link in config`);
    }
  });
}

function findHardLink(
  link: JsonObject,
  index: number,
  directories: ReadonlySet<Json | undefined>,
  find: Find,
): void {
  if (link["hard"] !== true) return;
  const written = String(link["target"]);
  const cleaned = cleanPath(written);
  const target = cleaned.startsWith("/") ? cleaned : joinPath(String(link["path"] ?? ""), written);
  if (directories.has(target)) find(["links", index], "hard link target is a directory");
  for (const owner of ["user", "group"]) {
    for (const name of ["id", "name"]) {
      if (objectOf(link, owner)[name] !== undefined) {
        find(["links", index, owner, name], "user/group ignored for hard link", "warning");
      }
    }
  }
}

/** A file system on a whole disk may conflict with the disk's entry. */
function findWiped(storage: JsonObject, find: Find): void {
  const disks = new Map(objectsOf(storage, "disks").map((disk) => [disk["device"], disk]));
  objectsOf(storage, "filesystems").forEach(({ device, wipeFilesystem }, index) => {
    const disk = disks.get(device);
    if (disk === undefined) return;
    const path = ["filesystems", index, "device"];
    if (objectsOf(disk, "partitions").length > 0) {
      find(path, "filesystem overwrites partitioned device", "warning");
    } else if (wipeFilesystem !== true && disk["wipeTable"] === true) {
      const message = "device matches disk with wipeTable enabled; filesystem will be wiped";
      find(path, message, "warning");
    }
  });
}
