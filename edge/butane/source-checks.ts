/**
 * Butane's rules for the source, checked before the translation, with the errors of butane. A check
 * gets the fields of the source, by Butane's names.
 */
import type { Find, Kind } from "./checks.ts";
import { since, type Version } from "./versions.ts";

/** The source's values by Butane's names: texts, numbers, booleans, lists, objects. */
export type Fields = Readonly<Record<string, unknown>>;

/** Checks a configuration inside the configuration; `findAnywhere` takes paths from its root. */
export type ConfigCheck = (text: string, find: Find, findAnywhere: Find) => void;

export interface SourceContext {
  readonly findAnywhere: Find;
  readonly checkConfig: ConfigCheck;
}

export type SourceCheck = (
  fields: Fields,
  find: Find,
  version: Version,
  context: SourceContext,
) => void;

export function fieldsIn(fields: Fields | undefined, name: string): Fields {
  return (fields?.[name] ?? {}) as Fields;
}

export function listIn<Item = Fields>(fields: Fields | undefined, name: string): readonly Item[] {
  return (fields?.[name] ?? []) as readonly Item[];
}

function isFilled(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

const origins = ["local", "inline", "source"] as const;

export const checkSources: SourceCheck = (fields, find, { minor }) => {
  const given = origins.filter((name) => fields[name] !== undefined);
  // This version has no local files, and names the first of the other two.
  const named = minor < since.resources ? given[0] : given.at(-1);
  if (named !== undefined && given.length > 1) {
    find([named], "only one of the following can be set: inline, local, source");
  }
};

/** Here `inline` is an Ignition configuration. */
export const checkConfigSources: SourceCheck = (fields, find, version, context) => {
  checkSources(fields, find, version, context);
  const { inline, local, source } = fields;
  if (typeof inline === "string" && local === undefined && source === undefined) {
    context.checkConfig(inline, find, context.findAnywhere);
  }
};

export const checkContentsSources: SourceCheck = (fields, find) => {
  if (fields["contents"] !== undefined && fields["contents_local"] !== undefined) {
    const message = "only one of the following can be set: contents, contents_local";
    find(["contents_local"], message);
  }
};

export const checkTreeSource: SourceCheck = ({ local }, find) => {
  if (!isFilled(local)) find([], "local is required");
};

export const checkMountUnit: SourceCheck = (fields, find, version) => {
  if (fields["with_mount_unit"] !== true) return;
  const { format, path } = fields;
  const noPath = "path is required if with_mount_unit is true and format is not swap";
  const swapAllowed = version.minor >= since.swapUnits;
  if (!swapAllowed && !isFilled(path)) find(["path"], noPath);
  if (!isFilled(format)) find(["format"], "format is required if with_mount_unit is true");
  else if (swapAllowed && format !== "swap" && !isFilled(path)) find(["path"], noPath);
};

const bootDisk = "/dev/disk/by-id/coreos-boot-disk";

export const checkRoot: SourceCheck = (configuration, find, version) => {
  if (version.minor < since.bootDiskRules) return;
  const storage = fieldsIn(configuration, "storage");
  const mirror = fieldsIn(fieldsIn(configuration, "boot_device"), "mirror");
  const mirrored = new Set(listIn<string>(mirror, "devices"));
  listIn(storage, "disks").forEach((disk, index) => {
    const device = String(disk["device"] ?? "");
    if (device === bootDisk || disk["wipe_table"] === true || mirrored.has(device)) return;
    listIn(disk, "partitions").forEach(({ number, label }, partition) => {
      if (number !== undefined || label === undefined) return;
      const exceptions = `on boot disk (${bootDisk}) or when wipe_table is true`;
      const message = "partitions cannot be reused by label; number must be specified except";
      const path = ["storage", "disks", index, "partitions", partition, "number"];
      find(path, `${message} ${exceptions}`, "warning");
    });
  });
  listIn(storage, "filesystems").forEach(({ path, with_mount_unit: withUnit }, index) => {
    if (withUnit === true && typeof path === "string" && !/^\/(etc|var)(\/|$)/.test(path)) {
      const message = "path must be under /etc or /var if with_mount_unit is true";
      find(["storage", "filesystems", index, "path"], message);
    }
  });
};

const layouts = ["aarch64", "ppc64le", "x86_64"];
const mainframes = ["s390x-eckd", "s390x-virt", "s390x-zfcp"];
const diskOfMainframe: Readonly<Record<string, RegExp>> = {
  "s390x-eckd": /\/dev\/dasd[a-z]$/,
  "s390x-zfcp": /\/dev\/sd[a-z]$/,
};

export const checkBootDevice: SourceCheck = (device, find, version, context) => {
  const layout = device["layout"] as string | undefined;
  const devices = listIn<string>(fieldsIn(device, "mirror"), "devices");
  if (devices.length > 0 && layout === undefined) {
    const kind: Kind = version.minor >= since.mirrorNeedsLayout ? "error" : "warning";
    const message = "boot_device.layout should be specified when boot_device.mirror is specified";
    find(["mirror"], message, kind);
  }
  const luks = fieldsIn(device, "luks");
  const known = version.minor >= since.mainframes ? [...layouts, ...mainframes] : layouts;
  if (layout !== undefined) {
    if (!known.includes(layout)) {
      find(["layout"], `layout must be one of: ${known.toSorted().join(", ")}`);
    } else checkMainframe(layout, luks["device"], find);
    const mainframe = version.minor >= since.mainframes && layout.startsWith("s390x");
    if (mainframe && devices.length > 0) {
      const names = "s390x-eckd, s390x-zfcp, s390x-virt";
      find(["layout"], `mirroring not supported on layouts: ${names}`);
    }
  }
  if (fieldsIn(luks, "cex")["enabled"] === true) {
    const message = "when using cex the targeted architecture must match s390x";
    if (layout === undefined) find(["luks", "cex"], message);
    else if (!layout.startsWith("s390x")) find(["layout"], message);
    if (listIn(luks, "tang").length > 0 || luks["tpm2"] === true) {
      find(["luks"], "cannot use cex with clevis");
    }
  }
  // butane checks the mirror twice: here, and as an object of its own.
  checkMirror(
    fieldsIn(device, "mirror"),
    (path, message) => find(["mirror", ...path], message),
    version,
    context,
  );
};

function checkMainframe(layout: string, device: unknown, find: Find): void {
  const pattern = diskOfMainframe[layout];
  if (pattern === undefined) return;
  if (!isFilled(device)) {
    find(["layout"], "device is required for layouts: s390x-eckd, s390x-zfcp");
  } else if (!pattern.test(device)) {
    const names = "/dev/dasd on s390x-eckd layout or /dev/sd on s390x-zfcp layout";
    find(["layout"], `device name must start with ${names}`);
  }
}

export const checkBootVolume: SourceCheck = (luks, find, version) => {
  if (version.minor < since.unlockingMethod || !isFilled(luks["device"])) return;
  const tang = listIn(luks, "tang").some((server) =>
    Object.entries(server).some(([name, value]) => name !== "url" || value !== ""),
  );
  if (tang || luks["tpm2"] === true || fieldsIn(luks, "cex")["enabled"] === true) return;
  find(["luks"], "no method specified for luks");
};

export const checkMirror: SourceCheck = (mirror, find) => {
  if (listIn(mirror, "devices").length === 1) {
    find(["devices"], "mirroring requires at least two devices");
  }
};

export const checkGrubUser: SourceCheck = ({ name, password_hash: hash }, find) => {
  if (!isFilled(name)) find(["name"], 'field "name" is required');
  if (!isFilled(hash)) find(["password_hash"], 'field "password_hash" is required');
};

/** `mode: 644` is almost always a mistake. */
export function checkDecimalMode(directory: boolean): SourceCheck {
  return ({ mode }, find) => {
    if (typeof mode !== "number" || !isDecimalMode(mode, directory)) return;
    const reason = "unreasonable mode would be reasonable if specified in octal";
    const message = `${reason}; remember to add a leading zero`;
    find(["mode"], message, "warning");
  };
}

/** Whether a mode is unusual, and its decimal digits are usual as an octal number. */
export function isDecimalMode(mode: number, directory: boolean): boolean {
  if (mode < 0 || mode > 7777) return false;
  const digits = String(mode);
  if (!/^[0-7]+$/.test(digits) || isTypical(mode, directory)) return false;
  return isTypical(Number.parseInt(digits, 8), directory);
}

const setuid = 0o4000;
const setgid = 0o2000;
const sticky = 0o1000;
const [read, write, execute] = [4, 2, 1];

/** False for modes that are unusual, even if they are valid. */
function isTypical(mode: number, directory: boolean): boolean {
  if (mode === 0) return true;
  // From others to the owner: each must have all rights of the one before.
  let rights = 0;
  for (const shift of [0, 3, 6]) {
    const own = (mode >> shift) & 7;
    if ((rights & ~own) !== 0) return false;
    const executableOnlyHere = (own & execute) !== 0 && (rights & execute) === 0;
    if (executableOnlyHere && (rights & read) !== 0) return false;
    if (own !== 0 && (own & read) === 0) return false;
    rights = own;
  }
  if ((rights & read) === 0) return false;
  const executable = (rights & execute) !== 0;
  if (directory) {
    if (!executable || (mode & setuid) !== 0) return false;
    return (mode & (setgid | sticky)) === 0 || (rights & write) !== 0;
  }
  if ((mode & (setuid | setgid)) !== 0 && (!executable || (mode & write) !== 0)) return false;
  return (mode & sticky) === 0;
}
