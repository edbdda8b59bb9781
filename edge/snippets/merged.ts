/**
 * The merged configuration of a device. It finds what Ignition would refuse at the first boot, after the disk
 * was erased.
 */
import { objectOf, objectsOf } from "../butane/checks.ts";
import { configuration } from "../butane/fields.ts";
import type { Json, JsonObject } from "../butane/json.ts";
import type { Path } from "../butane/node.ts";
import { latestVersion } from "../butane/versions.ts";
import { checkOutput } from "../butane/walks.ts";
import { mistakesOnDisks } from "./disks.ts";
import { isBelow, realPath } from "./fedora-coreos.ts";
import { mistakesInAccounts } from "./names.ts";
import { type Finding, type NodeItem, nodesOf, type OwnSystem, unitsOf } from "./own-system.ts";
import { hiddenPath } from "./paths.ts";
import { settingsOf } from "./unit-text.ts";
import { contentsOf, mistakeInMountUnit, mountPathOf } from "./units.ts";

/** Mistakes by their path in `merged`. */
export function mistakesInMerged(merged: JsonObject, own: OwnSystem): readonly Finding[] {
  const found: Finding[] = [];
  checkOutput(configuration, merged, latestVersion, (kind, path, message) => {
    if (kind !== "error") return;
    const refused = `${message}. Ignition refuses the device's whole configuration for this.`;
    found.push({ path, message: refused });
  });
  const known = new Set(found.map(({ path }) => path.slice(0, 3).join(".")));
  const atNew = ({ path }: Finding) => !known.has(path.slice(0, 3).join("."));
  return [
    ...found,
    ...names(merged).filter(atNew),
    ...nodesInTheWay(merged).filter(atNew),
    ...hardLinks(merged).filter(atNew),
    ...mistakesInAccounts(merged).filter(atNew),
    ...mistakesOnDisks(merged),
    ...mountsOverOurs(merged, own),
    ...environmentOfK3s(merged, own),
  ];
}

const nameBytesMax = 255;
const pathBytesMax = 4_095;

/** Paths and targets of links that Linux refuses. */
function names(merged: JsonObject): readonly Finding[] {
  return nodesOf(merged).flatMap(({ path, real, node, list, at }): readonly Finding[] => {
    const target = list === "links" ? String(node["target"] ?? "") : "";
    const steps = real.split("/");
    const message = (value: string) => {
      if (value.includes("\0")) return "a NUL character is invalid in a path. Delete it.";
      return Buffer.byteLength(value) > pathBytesMax ||
        (value === path && steps.some((step) => Buffer.byteLength(step) > nameBytesMax))
        ? `a path has at most ${pathBytesMax} bytes, and each name in it at most ${nameBytesMax}. Write a shorter one.`
        : undefined;
    };
    const inPath = message(path);
    if (inPath !== undefined) return [{ path: at, message: inPath }];
    const inTarget = message(target);
    return inTarget === undefined
      ? []
      : [{ path: [...at.slice(0, -1), "target"], message: inTarget }];
  });
}

/** Ignition's rules for paths, after the links of Fedora CoreOS and of the configuration. */
function nodesInTheWay(merged: JsonObject): readonly Finding[] {
  const nodes = nodesOf(merged);
  const found: Finding[] = [];
  const byPath = new Map<string, string>();
  for (const { at, path, real } of nodes) {
    const other = byPath.get(real);
    if (other === undefined) byPath.set(real, path);
    else {
      const message = `${path} and ${other} are the same path, ${real}, on Fedora CoreOS, so Ignition fails at the first boot. Write it once.`;
      found.push({ path: at, message });
    }
  }
  for (const unit of unitPathsOf(merged)) {
    const node = nodes.find(({ real, path }) => real === unit && path !== unit);
    if (node === undefined) continue;
    const message = `path conflicts with systemd unit or dropin ${unit}. Write the unit once.`;
    found.push({ path: node.at, message });
  }
  const blocking = nodes.filter(({ list }) => list !== "directories");
  const blockers = new Map(blocking.map((node) => [node.real, node]));
  for (const { at, path, real } of nodes) {
    for (let end = real.lastIndexOf("/"); end > 0; end = real.lastIndexOf("/", end - 1)) {
      const blocker = blockers.get(real.slice(0, end));
      if (blocker === undefined) continue;
      const noun = blocker.list === "links" ? "link" : "file";
      const message = `${path} is below the ${noun} ${blocker.path}, so Ignition fails at the first boot. Write another path.`;
      found.push({ path: at, message });
      break;
    }
  }
  return found;
}

/** Ignition makes hard links last; both names are of one file system. */
function hardLinks(merged: JsonObject): readonly Finding[] {
  const nodes = nodesOf(merged);
  const files = new Set(nodes.filter(({ list }) => list === "files").map(({ real }) => real));
  const mounted = objectsOf(objectOf(merged, "storage"), "filesystems").flatMap(({ path }) =>
    typeof path === "string" && path !== "" ? [realPath(path)] : [],
  );
  const mounts = ["/", "/var", ...mounted].toSorted((a, b) => b.length - a.length);
  const mountOf = (path: string) => mounts.find((each) => each === path || isBelow(path, each));
  return nodes.flatMap(({ list, node, real, path, at }): readonly Finding[] => {
    if (list !== "links" || node["hard"] !== true) return [];
    const target = realPath(String(node["target"] ?? ""));
    const isThere = files.has(target);
    if (isThere && mountOf(real) === mountOf(target)) return [];
    const message = isThere
      ? `${target} is in another file system than ${path}, so Ignition fails at this hard link. Delete hard.`
      : `${target} is none of the files that are written here, so Ignition fails at this hard link. Add the file, or delete hard.`;
    return [{ path: [...at.slice(0, -1), "target"], message }];
  });
}

function unitPathsOf(merged: JsonObject): readonly string[] {
  return unitsOf(merged).flatMap((unit) => {
    const path = `/etc/systemd/system/${String(unit["name"])}`;
    const dropins = objectsOf(unit, "dropins").map(({ name }) => `${path}.d/${String(name)}`);
    return [path, ...dropins];
  });
}

/**
 * A file system over Flotilla's files is fine if Ignition mounts it before it writes them, and
 * systemd mounts it at each start.
 */
function mountsOverOurs(merged: JsonObject, own: OwnSystem): readonly Finding[] {
  const filesystems = objectsOf(objectOf(merged, "storage"), "filesystems");
  const byIgnition = new Set(filesystems.map(({ path }) => realPath(String(path ?? ""))));
  const bySystemd = new Set<string>();
  const found: Finding[] = [];
  unitsOf(merged).forEach((unit, index) => {
    const mount = mountPathOf(String(unit["name"]));
    if (mount === undefined) return;
    if (unit["mask"] !== true && unit["enabled"] === true) bySystemd.add(realPath(mount));
    const options = settingsOf(String(unit["contents"] ?? "")).findLast(
      ({ key }) => key === "Options",
    );
    const unfit = unfitOption(mount, options?.value.split(",") ?? [], own);
    if (unfit !== undefined)
      found.push({ path: ["systemd", "units", index, "name"], message: unfit });
    if (byIgnition.has(realPath(mount)) || unit["mask"] === true) return;
    const message = mistakeInMountUnit(mount, own);
    if (message !== undefined) found.push({ path: ["systemd", "units", index, "name"], message });
  });
  filesystems.forEach(({ path, format, mountOptions }, index) => {
    if (typeof path !== "string" || path === "" || format === "swap") return;
    const options = Array.isArray(mountOptions) ? mountOptions.map(String) : [];
    const unfit = unfitOption(path, options, own);
    if (unfit !== undefined) {
      found.push({ path: ["storage", "filesystems", index, "path"], message: unfit });
      return;
    }
    const hidden = hiddenPath(path, own);
    if (hidden === undefined || bySystemd.has(realPath(path))) return;
    if (!isBelow(realPath(path), "/var") && realPath(path) !== "/var") return;
    const message = `${hidden.path} of Flotilla's part "${hidden.part}" is written into this file system, and nothing mounts it after the first boot. Add with_mount_unit: true.`;
    found.push({ path: ["storage", "filesystems", index, "path"], message });
  });
  return found;
}

/** Files with variables of K3s that a drop-in of its unit makes systemd read. */
function environmentOfK3s(merged: JsonObject, own: OwnSystem): readonly Finding[] {
  const [unit] = [...own.units].find(([, part]) => part === "k3s") ?? [];
  const nodes = nodesOf(merged).filter(({ list }) => list === "files");
  const dropins = unitsOf(merged)
    .filter(({ name }) => name === unit)
    .flatMap((each) => objectsOf(each, "dropins").map(({ contents }) => String(contents ?? "")));
  const asFiles = nodes
    .filter(({ real }) => real.startsWith(`/etc/systemd/system/${unit}.d/`))
    .map(textOf);
  const read = new Set(
    [...dropins, ...asFiles]
      .flatMap((text) => settingsOf(text))
      .filter(({ key }) => key === "EnvironmentFile")
      .map(({ value }) => realPath(value.replace(/^-/, "").replaceAll(/^["']|["']$/g, ""))),
  );
  return nodes.flatMap((node): readonly Finding[] => {
    const [, variable] = (read.has(node.real) && /^\s*(K3S_\w+)=/m.exec(textOf(node))) || [];
    if (variable === undefined) return [];
    const message = `a drop-in has ${unit} read ${node.path}, and ${variable} in it goes before what Flotilla's part "k3s" says. Delete it.`;
    return [{ path: node.at, message }];
  });
}

function textOf({ node }: NodeItem): string {
  const parts = [objectOf(node, "contents"), ...objectsOf(node, "append")];
  return parts.map((part) => contentsOf(part) ?? "").join("");
}

const unfitOptions = /^(?:ro|noauto|noexec)$/;

/** Flotilla's files are written there before the first start, and read or executed after each. */
function unfitOption(path: string, options: readonly string[], own: OwnSystem): string | undefined {
  const option = options.flatMap((each) => each.split(",")).find((each) => unfitOptions.test(each));
  const hidden = option === undefined ? undefined : hiddenPath(path, own);
  if (option === undefined || hidden === undefined) return undefined;
  return `${hidden.path} of Flotilla's part "${hidden.part}" is in this file system, which the option ${option} keeps from being written, executed or mounted. Delete ${option}.`;
}

/** The path in `config` of the same item as at `path` in `merged`; undefined if it has none. */
export function sameItem(merged: JsonObject, path: Path, config: JsonObject): Path | undefined {
  let [from, to]: [Json | undefined, Json | undefined] = [merged, config];
  const found: (string | number)[] = [];
  for (const step of path) {
    from = (from as JsonObject | undefined)?.[step];
    if (typeof step === "number") {
      const index = indexOfSame(from, to);
      if (index < 0) return undefined;
      found.push(index);
      to = (to as readonly Json[])[index];
      continue;
    }
    const next: Json | undefined = (to as JsonObject | undefined)?.[step];
    if (next === undefined)
      return found.some((each) => typeof each === "number") ? found : undefined;
    found.push(step);
    to = next;
  }
  return found;
}

const keys = ["path", "name", "device", "number", "label", "source", "url"];

/** Where a list has the item, which is known by its path, its name and so on; -1 if it has not. */
export function indexOfSame(item: Json | undefined, list: Json | undefined): number {
  if (!Array.isArray(list)) return -1;
  if (typeof item !== "object" || item === null) return list.indexOf(item as Json);
  const key = keys.find((name) => (item as JsonObject)[name] !== undefined) ?? "";
  return (list as readonly Json[]).findIndex(
    (other) => (other as JsonObject)[key] === (item as JsonObject)[key],
  );
}
