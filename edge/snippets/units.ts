/** Units and drop-ins of a snippet, including those that it writes as files. */
import { neededUnits } from "../../fleet/model/needed-units.ts";
import { FormatError } from "../formats/bytes.ts";
import { objectsOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import type { Path } from "../butane/node.ts";
import { resourceContents } from "../iso/resource.ts";
import { generatorFolders, presetFolders, realPath, unitFolders } from "./fedora-coreos.ts";
import { matchesGlob } from "./glob.ts";
import { type Finding, type NodeItem, nodesOf, type OwnSystem, replacement } from "./own-system.ts";
import { type Rule, unitsOf } from "./own-system.ts";
import { hiddenPath } from "./paths.ts";
import { settingsOf } from "./unit-text.ts";

const asDropin = "Write a drop-in without contents, enabled and mask";

export const checkUnits: Rule = (config, own) =>
  unitsOf(config).flatMap((unit, index): readonly Finding[] => {
    const at: Path = ["systemd", "units", index];
    const name = String(unit["name"] ?? "");
    const message = mistakeInUnit(name, unit, own);
    const found: Finding[] = message === undefined ? [] : [{ path: [...at, "name"], message }];
    objectsOf(unit, "dropins").forEach((dropin, number) => {
      const inDropin = String(dropin["name"] ?? "").includes("/")
        ? nameWithSlash
        : mistakeInDropin(name, textOf(dropin["contents"]), own);
      if (inDropin === undefined) return;
      found.push({ path: [...at, "dropins", number, "name"], message: inDropin });
    });
    return found;
  });

const nameWithSlash = "the name of a unit or drop-in has no slash. Write only the name.";
const textOf = (value: unknown) => (typeof value === "string" ? value : "");

function mistakeInUnit(name: string, unit: JsonObject, own: OwnSystem): string | undefined {
  if (name.includes("/")) return nameWithSlash;
  const { contents, enabled, mask } = unit;
  // A drop-in without a unit adds to the unit, as intended.
  const replaces = [contents, enabled, mask].some((value) => value !== undefined);
  const part = own.units.get(name);
  if (part !== undefined) return replaces ? replacement(name, part, asDropin) : undefined;
  if (neededUnits.has(name)) {
    const stops = enabled === false || mask === true || textOf(contents) !== "";
    return stops ? stopsNeeded(name) : undefined;
  }
  return mistakeInNewUnit(textOf(contents), own);
}

function stopsNeeded(name: string): string {
  return `a device of Flotilla needs ${name}, and this replaces it or turns it off. ${asDropin}, or delete this.`;
}

const mountSuffix = /\.(?:auto)?mount$/;

/** An operator's own unit. */
function mistakeInNewUnit(contents: string, own: OwnSystem): string | undefined {
  for (const { section, key, value } of settingsOf(contents)) {
    const named = value.split(/\s+/).find((each) => own.units.has(each) || neededUnits.has(each));
    if (named === undefined) continue;
    if (section === "Install" && key === "Alias") return stopsNeeded(named);
    if (section === "Unit" && key === "Conflicts") {
      const part = own.units.get(named);
      const owner =
        part === undefined ? ", which a device needs," : ` of Flotilla's part "${part}"`;
      return `Conflicts stops ${named}${owner} when this unit starts. Delete it.`;
    }
  }
  return undefined;
}

/** The path that a mount unit is for: `/var/lib/a-b` for `var-lib-a\x2db.mount`. */
export function mountPathOf(name: string): string | undefined {
  if (!mountSuffix.test(name)) return undefined;
  const path = name.replace(mountSuffix, "").replaceAll("-", "/");
  return `/${path}`.replaceAll(/\\x([0-9a-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Keys of which a second value starts something else, or nothing. */
const replacingKeys: ReadonlySet<string> = new Set(
  (
    "BusName DynamicUser ExecCondition ExecStart Group NotifyAccess PIDFile PrivateNetwork " +
    "RefuseManualStart RootDirectory RootImage Type User"
  ).split(" "),
);
const stoppingKeys =
  /^(?:Condition|Assert)|^(?:Conflicts|Requisite|RuntimeMaxSec|StopWhenUnneeded)$/;
/** Keys that take from a service what it reads, writes, executes or reaches. */
const confiningKeys =
  /^(?:(?:Inaccessible|NoExec|ReadOnly)(?:Paths|Directories)|TemporaryFileSystem|ProtectSystem|ProtectKernel(?:Modules|Tunables)|ProtectControlGroups|Private(?:Devices|Users|PIDs)|Restrict(?:AddressFamilies|FileSystems|Namespaces|NetworkInterfaces)|SystemCall(?:Architectures|Filter)|CapabilityBoundingSet|IPAddressDeny|SocketBindDeny|Device(?:Allow|Policy)|NoNewPrivileges|MemoryDenyWriteExecute|UnsetEnvironment|RootImage|NetworkNamespacePath)$/;

/** What a drop-in takes from the unit of this name, or from every unit that it is for. */
function mistakeInDropin(name: string, text: string, own: OwnSystem): string | undefined {
  const units = [...own.units.keys(), ...neededUnits].filter((unit) => isFor(name, unit));
  if (units.length === 0) return mistakeInNewUnit(text, own);
  const unit = units[0] ?? "";
  const part = own.units.get(unit);
  const owner = part === undefined ? unit : `${unit} of Flotilla's part "${part}"`;
  for (const { key, value } of settingsOf(text)) {
    const setting = `${key}=${value.length > 40 ? `${value.slice(0, 40)}…` : value}`;
    if (replacingKeys.has(key) || (value === "" && setsKey(unit, key, own))) {
      return `${setting} takes away what ${owner} does. A drop-in may add to it: delete this line.`;
    }
    const [variable] = key === "Environment" ? (/\bK3S_\w+/.exec(value) ?? []) : [];
    if (part === "k3s" && variable !== undefined) {
      return `${variable} goes before what ${owner} is started with. Delete it, or write a file in /etc/rancher/k3s/config.yaml.d.`;
    }
    if (part !== undefined && stoppingKeys.test(key) && value !== "") {
      return `${setting} can keep ${owner} from starting. Delete this line.`;
    }
    if (part !== undefined && confines(key, value)) {
      return `${setting} takes from ${owner} what it needs. Delete this line.`;
    }
  }
  return undefined;
}

const isOff = (value: string) => /^(?:0|no|off|false|n|f)$/i.test(value);

function confines(key: string, value: string): boolean {
  if (key === "Restart") return value === "no";
  if (key === "Delegate") return isOff(value);
  if (value === "") return key === "CapabilityBoundingSet";
  return confiningKeys.test(key) && !isOff(value);
}

/** `service` and `flotilla-.service` are for all services, and for those whose names start so. */
function isFor(name: string, unit: string): boolean {
  if (name === unit) return true;
  const dot = unit.lastIndexOf(".");
  const suffix = unit.slice(dot);
  if (name === suffix.slice(1)) return true;
  return name.endsWith(`-${suffix}`) && unit.startsWith(name.slice(0, -suffix.length));
}

/** A unit of the system cannot be read here, so an empty value may take anything from it. */
function setsKey(unit: string, key: string, own: OwnSystem): boolean {
  const contents = unitsOf(own.config).find(({ name }) => name === unit)?.["contents"];
  return typeof contents !== "string" || settingsOf(contents).some((each) => each.key === key);
}

/** The same by path: units, drop-ins, presets, generators and mounts that are written as files. */
export const checkSystemFiles: Rule = (config, own) =>
  nodesOf(config).flatMap((item): readonly Finding[] => {
    if (item.list === "directories") return [];
    const message = mistakeInSystemFile(item, own);
    return message === undefined ? [] : [{ path: item.at, message }];
  });

function mistakeInSystemFile(item: NodeItem, own: OwnSystem): string | undefined {
  const slash = item.real.lastIndexOf("/");
  const [folder, name] = [item.real.slice(0, slash), item.real.slice(slash + 1)];
  if (generatorFolders.has(folder)) {
    return `a generator can replace any unit, which nobody can check. Write units instead of ${item.path}.`;
  }
  if (presetFolders.has(folder)) return mistakeInText(item, (text) => mistakeInPreset(text, own));
  if (item.real === "/etc/fstab") return mistakeInText(item, (text) => mistakeInTable(text, own));
  if (unitFolders.has(folder)) {
    if (own.units.has(name)) return replacement(name, own.units.get(name), asDropin);
    if (neededUnits.has(name)) return stopsNeeded(name);
    const mount = mountPathOf(name);
    if (mount !== undefined) return mistakeInMountUnit(mount, own);
    return mistakeInText(item, (text) => mistakeInNewUnit(text, own));
  }
  const dropins = folder.endsWith(".d") ? folder.slice(0, -2) : "";
  const unit = dropins.slice(dropins.lastIndexOf("/") + 1);
  if (!unitFolders.has(dropins.slice(0, dropins.lastIndexOf("/"))) || !name.endsWith(".conf")) {
    return undefined;
  }
  return mistakeInText(item, (text) => mistakeInDropin(unit, text, own));
}

export function mistakeInMountUnit(mount: string, own: OwnSystem): string | undefined {
  const hidden = hiddenPath(realPath(mount), own);
  if (hidden === undefined) return undefined;
  return `a mount over ${mount} hides ${hidden.path} of Flotilla's part "${hidden.part}", because Ignition does not mount it before it writes files. Write storage.filesystems with path: ${mount} and with_mount_unit: true, or another path.`;
}

const textBytesMax = 1_048_576;

/** A check of a file's whole text. A link's text is not known. */
export function mistakeInText(
  { node, path, list }: NodeItem,
  check: (text: string) => string | undefined,
): string | undefined {
  if (list === "links") return undefined;
  const contents = node["contents"] as JsonObject | undefined;
  const parts = [...(contents === undefined ? [] : [contents]), ...objectsOf(node, "append")];
  let text = "";
  for (const part of parts) {
    const found = contentsOf(part);
    if (found === undefined) {
      return `nobody can check the contents of ${path}, which can turn off what Flotilla needs. Write them here, with inline or local.`;
    }
    text += found;
  }
  return check(text);
}

export function contentsOf(resource: JsonObject): string | undefined {
  const { source } = resource;
  if (source === undefined || source === null || source === "") return "";
  try {
    const bytes = resourceContents(resource, textBytesMax);
    return bytes && Buffer.from(bytes).toString("utf8");
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function mistakeInPreset(text: string, own: OwnSystem): string | undefined {
  const enabled = unitsOf(own.config).filter((unit) => unit["enabled"] === true);
  const names = [...enabled.map(({ name }) => String(name)), ...neededUnits];
  for (const line of text.split("\n")) {
    const [, pattern] = /^\s*(?:disable|ignore)\s+(\S+)/.exec(line) ?? [];
    const unit = pattern && names.find((name) => matchesGlob(pattern, name));
    if (unit) {
      return `"disable ${pattern}" turns off ${unit}, which a device of Flotilla needs. Name the units that you mean.`;
    }
  }
  return undefined;
}

function mistakeInTable(text: string, own: OwnSystem): string | undefined {
  for (const line of text.split("\n")) {
    const [device = "", mount] = line.trim().split(/\s+/);
    if (device.startsWith("#") || mount === undefined || !mount.startsWith("/")) continue;
    const mistake = mistakeInMountUnit(mount, own);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}
