/** Files, folders and links of a snippet, and file systems over them. */
import { objectOf, objectsOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import {
  isBelow,
  isFolderOfSystem,
  isLinkOfSystem,
  isReadOnly,
  neededPaths,
  parentsOf,
  realPath,
  topFolderOf,
  topFolders,
} from "./fedora-coreos.ts";
import { type Finding, type NodeItem, nodesOf, type OwnSystem, replacement } from "./own-system.ts";
import type { Rule } from "./own-system.ts";

const anotherPath = "Write another path";

/** What the parts write, in both spellings: `/usr/local/bin/k3s` and `/var/usrlocal/bin/k3s`. */
interface OwnPath {
  readonly path: string;
  readonly part: string;
  readonly spellings: readonly string[];
  readonly isFolder: boolean;
}

function ownPathsOf({ paths, units, config }: OwnSystem): readonly OwnPath[] {
  const folders = new Set(
    objectsOf(objectOf(config, "storage"), "directories").map(({ path }) => path),
  );
  const ofUnits = [...units].map(([name, part]) => [`/etc/systemd/system/${name}`, part] as const);
  return [...paths, ...ofUnits].map(([path, part]) => ({
    path,
    part,
    spellings: [...new Set([path, realPath(path)])],
    isFolder: folders.has(path),
  }));
}

export const checkNodes: Rule = (config, own) => {
  const ownPaths = ownPathsOf(own);
  return nodesOf(config).flatMap((item): readonly Finding[] => {
    const message = mistakeIn(item, ownPaths);
    return message === undefined ? [] : [{ path: item.at, message }];
  });
};

function mistakeIn(item: NodeItem, ownPaths: readonly OwnPath[]): string | undefined {
  const { list, path, real } = item;
  const spellings = [path, real];
  const isFolder = list === "directories";
  const replaced = ownPaths.find(
    (each) =>
      each.spellings.some((spelling) => spellings.includes(spelling)) ||
      // A folder may contain ours; a file or a link at its path would block it.
      (!isFolder && contains(spellings, each)),
  );
  if (replaced !== undefined) {
    return replacement(replaced.path, replaced.part, anotherPath);
  }
  const above = ownPaths.find(
    (each) => !each.isFolder && each.spellings.some((spelling) => isBelow(real, spelling)),
  );
  if (above !== undefined) {
    return `${above.path} belongs to Flotilla's part "${above.part}" and is not a folder. ${anotherPath}.`;
  }
  if (isLinkOfSystem(path)) {
    return `${path} is a link to ${real} on Fedora CoreOS, so Ignition fails at the first boot. Write ${real}.`;
  }
  if (!topFolders.has(topFolderOf(real))) {
    return `${real} is in the top folder, which is read-only on Fedora CoreOS, so Ignition fails at the first boot. Write below /etc, /var or /usr/local.`;
  }
  const kernels = ["/proc", "/sys"].find((folder) => isBelow(real, folder));
  if (kernels !== undefined) {
    return `${kernels} is a file system of the kernel, which hides ${real} or does not let Ignition make it. Write a setting into /etc/sysctl.d, or a unit that writes to ${kernels} at each start.`;
  }
  if (neededPaths.has(real)) {
    return `Fedora CoreOS and Ignition write ${real}, and this silently replaces it. Use passwd or systemd of Butane, or delete this.`;
  }
  if (isReadOnly(path) && !isLeftAlone(item)) {
    return `${real} is in /usr, which is read-only on Fedora CoreOS, so Ignition fails at the first boot. Write below /etc, /var or /usr/local.`;
  }
  if (!isFolder) return isFolderOfSystem(real) ? replacesFolder(real) : undefined;
  const inside = ownPaths.find((each) => contains(spellings, each));
  if (inside !== undefined) return mistakeInFolder(item, inside);
  return item.node["overwrite"] === true && isFolderOfSystem(real)
    ? replacesFolder(real)
    : undefined;
}

function replacesFolder(real: string): string {
  return `${real} is a folder of Fedora CoreOS, and this deletes it or fails. ${anotherPath}, or delete overwrite.`;
}

function contains(folders: readonly string[], { spellings }: OwnPath): boolean {
  return spellings.some((spelling) => folders.some((folder) => isBelow(spelling, folder)));
}

/** A folder that exists and is left as it is. */
function isLeftAlone({ list, node, real }: NodeItem): boolean {
  const known = new Set(["/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share"]);
  const changes = ["mode", "user", "group", "overwrite"].some((name) => node[name] !== undefined);
  return list === "directories" && known.has(real) && !changes;
}

const ownerRights = 0o700;
const othersMayEnter = 0o055;
const othersMayWrite = 0o022;
/** The depth of `/etc`, `/var` and the folders in them, which every service passes through. */
const sharedDepthMax = 2;

/** A folder above one of Flotilla's. */
function mistakeInFolder(
  { node, path, real }: NodeItem,
  { path: ownPath, part }: OwnPath,
): string | undefined {
  const inIt = `${ownPath} of Flotilla's part "${part}" is in ${path}`;
  if (node["overwrite"] === true) {
    return `${inIt}, and overwrite deletes the whole folder. Delete overwrite.`;
  }
  const mode = node["mode"];
  if (typeof mode === "number") {
    const shared = parentsOf(real, true).length <= sharedDepthMax;
    const needed = ownerRights | (shared ? othersMayEnter : 0);
    if ((mode & needed) !== needed || (mode & othersMayWrite) !== 0) {
      const written = `0${(mode & 0o7777).toString(8)}`;
      return `${inIt}, and mode ${written} hides it from those who need it, or lets others replace it. Write 0755, or delete mode.`;
    }
  }
  const owner = [node["user"], node["group"]].map((value) => value as JsonObject | undefined);
  const isRoots = owner.every(
    (one) => one === undefined || [0, undefined].includes(one["id"] as number | undefined),
  );
  const isNamedRoot = owner.every((one) => [undefined, "root"].includes(one?.["name"] as string));
  if (isRoots && isNamedRoot) return undefined;
  if (isBelow(real, "/var/home/core") || real === "/var/home/core") return undefined;
  return `${inIt}, and another owner of the folder can replace it. Delete user and group.`;
}

/** A path of a file system: Ignition mounts it before it writes files. */
export const checkMounts: Rule = (config, own) => {
  const ownPaths = ownPathsOf(own);
  return objectsOf(objectOf(config, "storage"), "filesystems").flatMap(
    ({ path, format }, index): readonly Finding[] => {
      if (typeof path !== "string" || path === "" || format === "swap") return [];
      const message = mistakeInMount(path, ownPaths);
      return message === undefined
        ? []
        : [{ path: ["storage", "filesystems", index, "path"], message }];
    },
  );
};

/** Before systemd reads its units, only these are mounted. */
const mountedTooLate = ["/", "/etc", "/usr", "/sysroot"];

function mistakeInMount(path: string, ownPaths: readonly OwnPath[]): string | undefined {
  const real = realPath(path);
  if (mountedTooLate.includes(real)) {
    return `a file system over ${real} hides what Fedora CoreOS and Flotilla have there. ${anotherPath}, below /var.`;
  }
  const hidden = hiddenBy(path, ownPaths);
  if (hidden === undefined) return undefined;
  return real === "/var" || isBelow(real, "/var")
    ? undefined
    : `a file system over ${path} hides ${hidden.path} of Flotilla's part "${hidden.part}". ${anotherPath}, below /var.`;
}

function hiddenBy(path: string, ownPaths: readonly OwnPath[]): OwnPath | undefined {
  const spellings = [path, realPath(path)];
  return ownPaths.find(
    (each) => contains(spellings, each) || each.spellings.some((one) => spellings.includes(one)),
  );
}

/** The path of Flotilla that a mount over `path` would hide, with its part. */
export function hiddenPath(
  path: string,
  own: OwnSystem,
): { readonly path: string; readonly part: string } | undefined {
  return hiddenBy(path, ownPathsOf(own));
}
