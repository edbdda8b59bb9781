/** Ignition's rules for `storage` as a whole. */
import { type Check, type Find, isFilled, objectOf, objectsOf } from "./checks.ts";
import { cleanPath, joinPath } from "./go.ts";
import type { JsonObject } from "./json.ts";
import { since } from "./versions.ts";

export const checkStorage: Check = (storage, find, version) => {
  const links = objectsOf(storage, "links");
  const roots = links.map(({ path }) => `${path ?? ""}/`);
  findBelow(roots, storage, "directories", "directory", find);
  findBelow(roots, storage, "files", "file", find);
  links.forEach((link, index) => {
    for (const root of roots) {
      if (String(link["path"] ?? "").startsWith(root)) {
        find(["links", index], "link path includes link in config");
      }
    }
    if (isFilled(link["target"])) findHardLink(link, index, storage, find);
    else if (version.minor >= since.optionalTarget) {
      find(["links", index, "target"], "link target is required");
    }
  });
  findWiped(storage, find);
};

function findBelow(
  roots: readonly string[],
  storage: JsonObject,
  list: string,
  noun: string,
  find: Find,
): void {
  if (roots.length === 0) return;
  objectsOf(storage, list).forEach(({ path }, index) => {
    for (const root of roots) {
      if (String(path ?? "").startsWith(root)) {
        find([list, index], `${noun} path includes link in config`);
      }
    }
  });
}

function findHardLink(link: JsonObject, index: number, storage: JsonObject, find: Find): void {
  if (link["hard"] !== true) return;
  const written = String(link["target"]);
  const cleaned = cleanPath(written);
  const target = cleaned.startsWith("/") ? cleaned : joinPath(String(link["path"] ?? ""), written);
  for (const { path } of objectsOf(storage, "directories")) {
    if (path === target) find(["links", index], "hard link target is a directory");
  }
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
