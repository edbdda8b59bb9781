/**
 * Ignition's rules for objects other than disks, units and `storage` as a whole, with the errors of
 * butane. A check gets the finished Ignition object and names the field that is invalid.
 */
import { cleanPath } from "./go.ts";
import type { JsonObject } from "./json.ts";
import { mistakeInUrl, parseUrl } from "./url.ts";
import { isSemanticVersion, since, type Version } from "./versions.ts";

export type Kind = "error" | "warning";

/** Reports a finding at a field of the object (Ignition's name), or at the object itself. */
export type Find = (path: readonly (string | number)[], message: string, kind?: Kind) => void;

export type Check = (object: JsonObject, find: Find, version: Version) => void;

/** The objects of a list, which may be absent. */
export function objectsOf(object: JsonObject | undefined, list: string): readonly JsonObject[] {
  return (object?.[list] ?? []) as unknown as readonly JsonObject[];
}

export function objectOf(object: JsonObject | undefined, name: string): JsonObject {
  return (object?.[name] ?? {}) as JsonObject;
}

export function isFilled(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** What is wrong with the path; undefined if it is absolute and clean. */
export function mistakeInPath(path: unknown): string | undefined {
  if (!isFilled(path)) return "path not specified";
  if (!path.startsWith("/")) return "path not absolute";
  return cleanPath(path) === path ? undefined : "path is not fully simplified";
}

export function findPath(path: unknown, field: string, find: Find): void {
  const mistake = mistakeInPath(path);
  if (mistake !== undefined) find([field], mistake);
}

export const checkNode: Check = ({ path }, find) => findPath(path, "path", find);

const modeMax = 0o7777;
const specialModeBits = 0o7000;

export const checkDirectory: Check = ({ path, mode }, find, version) => {
  findPath(path, "path", find);
  if (typeof mode !== "number") return;
  if (mode < 0 || mode > modeMax) find(["mode"], "illegal file mode");
  if (version.minor < since.specialModeBits && (mode & specialModeBits) !== 0) {
    const message =
      "setuid/setgid/sticky bits are not supported or functional in spec versions older than 3.6.0";
    find(["mode"], message, "warning");
  }
};

export const checkFile: Check = (file, find, version) => {
  checkDirectory(file, find, version);
  if (file["overwrite"] === true && objectOf(file, "contents")["source"] === undefined) {
    find(["overwrite"], "overwrite must be false if source is unspecified");
  }
};

export const checkIdentity: Check = ({ id, name }, find) => {
  if (id !== undefined && isFilled(name)) find([], "cannot set both id and name");
};

export const checkResource: Check = (resource, find, version) => {
  const { compression, source } = resource;
  if (compression !== undefined && compression !== "" && compression !== "gzip") {
    find(["compression"], "invalid compression method");
  }
  if (objectOf(resource, "verification")["hash"] !== undefined && source === undefined) {
    find(["verification", "hash"], "source must be specified if verification is specified");
  }
  findUrl(source, ["source"], find, version);
  const mistake = mistakeInHeaders(resource);
  if (mistake !== undefined) find(["httpHeaders"], mistake);
};

export const checkReference: Check = ({ source }, find, version) =>
  findUrl(source, ["source"], find, version);

/** An empty location counts as absent here. */
export const checkRequiredReference: Check = ({ source }, find, version) => {
  const mistake = mistakeInUrl(String(source), version);
  if (mistake !== undefined) find(["source"], mistake);
};

function mistakeInHeaders(resource: JsonObject): string | undefined {
  if (objectsOf(resource, "httpHeaders").length === 0) return undefined;
  const { source } = resource;
  const url = isFilled(source) ? parseUrl(source) : undefined;
  if (url === undefined) return "unable to parse url";
  if (url.scheme === "http" || url.scheme === "https") return undefined;
  return "cannot use HTTP headers with this source scheme";
}

function findUrl(
  source: unknown,
  path: readonly (string | number)[],
  find: Find,
  version: Version,
): void {
  const mistake = isFilled(source) ? mistakeInUrl(source, version) : undefined;
  if (mistake !== undefined) find(path, mistake);
}

export const checkHeader: Check = ({ name, value }, find) => {
  if (!isFilled(name)) find(["name"], "HTTP header name can't be empty");
  if (value === "") find(["value"], "unable to parse HTTP header");
};

/** The length of the hash in hexadecimal digits. */
const hashDigits: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha512", 128],
]);

export const checkVerification: Check = ({ hash }, find, version) => {
  if (typeof hash !== "string") return;
  const dash = hash.indexOf("-");
  const name = hash.slice(0, dash);
  const isKnown = name !== "sha256" || version.minor >= since.sha256;
  const digits = isKnown ? hashDigits.get(name) : undefined;
  if (dash < 0) find(["hash"], "malformed hash specifier");
  else if (digits === undefined) find(["hash"], "unrecognized hash function");
  else if (Buffer.byteLength(hash) - dash - 1 !== digits) {
    find(["hash"], "incorrect size for hash sum");
  }
};

export const checkIgnition: Check = ({ version }, find) => {
  if (!isSemanticVersion(String(version))) {
    find(["version"], "invalid config version (couldn't parse)");
  }
};

const requireSources =
  (list: string): Check =>
  (object, find, version) => {
    if (version.minor < since.resources) return;
    objectsOf(object, list).forEach(({ source }, index) => {
      if (!isFilled(source)) find([list, index], "source is required");
      else findUrl(source, [list, index], find, version);
    });
  };

export const checkIgnitionConfig: Check = requireSources("merge");
export const checkAuthorities: Check = requireSources("certificateAuthorities");

export const plainProxyWarning = "insecure plaintext HTTP proxy specified for HTTPS resources";

export const checkProxy: Check = ({ httpProxy, httpsProxy }, find) => {
  for (const [name, value] of Object.entries({ httpProxy, httpsProxy })) {
    if (typeof value !== "string") continue;
    const url = parseUrl(value);
    if (url === undefined) find([name], "unable to parse url");
    else if (url.scheme !== "https" && url.scheme !== "http")
      find([name], "proxies must be http(s)");
    else if (url.scheme === "http" && name === "httpsProxy") {
      find([name], plainProxyWarning, "warning");
    }
  }
};

export const checkTang: Check = ({ url, thumbprint, advertisement }, find) => {
  const parsed = parseUrl(typeof url === "string" ? url : "");
  if (parsed === undefined) find(["url"], "unable to parse url");
  else if (parsed.scheme !== "http" && parsed.scheme !== "https") {
    find(["url"], "invalid url scheme");
  }
  if (!isFilled(thumbprint)) find(["thumbprint"], "thumbprint is required");
  if (isFilled(advertisement) && !isJson(advertisement)) {
    find(["advertisement"], "advertisement is not valid JSON");
  }
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const pinsOfClevis: ReadonlySet<unknown> = new Set(["tpm2", "tang", "sss"]);

export const checkClevisCustom: Check = ({ pin, config, needsNetwork }, find, version) => {
  if (!isFilled(pin) && !isFilled(config) && needsNetwork !== true) return;
  if (!isFilled(pin)) find(["pin"], "missing required custom clevis pin");
  else if (version.minor < since.anyClevisPin && !pinsOfClevis.has(pin)) {
    find(["pin"], "unsupported clevis pin");
  }
  if (!isFilled(config)) find(["config"], "missing required custom clevis config");
};

/** A file must not have the path of a unit or drop-in. */
export const checkConfiguration: Check = (configuration, find) => {
  const unitPaths = new Set<string>();
  for (const { name, contents, dropins } of objectsOf(
    objectOf(configuration, "systemd"),
    "units",
  )) {
    const path = `/etc/systemd/system/${name ?? ""}`;
    if (isFilled(contents)) unitPaths.add(path);
    for (const dropin of (dropins ?? []) as unknown as readonly JsonObject[]) {
      if (isFilled(dropin["contents"])) unitPaths.add(`${path}.d/${dropin["name"] ?? ""}`);
    }
  }
  if (unitPaths.size === 0) return;
  for (const list of ["files", "directories", "links"]) {
    objectsOf(objectOf(configuration, "storage"), list).forEach(({ path }, index) => {
      if (unitPaths.has(String(path))) {
        const message = "path conflicts with systemd unit or dropin";
        find(["storage", list, index, "path"], message);
      }
    });
  }
};
