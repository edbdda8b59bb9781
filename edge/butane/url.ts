/**
 * The URLs that Ignition accepts: what Go's net/url accepts, with a scheme that Ignition can fetch.
 * Source: RFC 3986 and the documentation of Go's package net/url.
 */
import { isMadeHere } from "./data-url.ts";
import { isPlainDataUrl, mistakeInDataUrl } from "./data-url-check.ts";
import { since, type Version } from "./versions.ts";

export interface Url {
  /** In lower case; empty for a relative reference. */
  readonly scheme: string;
  /** The part after the colon, if it does not start with a slash. */
  readonly opaque: string;
  readonly query: string;
}

/** Undefined if the URL is not valid. */
export function parseUrl(text: string): Url | undefined {
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined;
  const hash = text.indexOf("#");
  if (hash >= 0 && !areEscapesValid(text.slice(hash + 1))) return undefined;
  const whole = hash < 0 ? text : text.slice(0, hash);
  if (whole.startsWith(":")) return undefined;
  const scheme = (/^([A-Za-z][A-Za-z0-9+.-]*):/.exec(whole)?.[1] ?? "").toLowerCase();
  const behind = scheme === "" ? whole : whole.slice(scheme.length + 1);
  const mark = behind.indexOf("?");
  const rest = mark < 0 ? behind : behind.slice(0, mark);
  const query = mark < 0 ? "" : behind.slice(mark + 1);
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { scheme, opaque: rest, query };
    if (rest.split("/", 1)[0]?.includes(":")) return undefined;
  }
  const hasAuthority = rest.startsWith("//") && (scheme !== "" || !rest.startsWith("///"));
  if (!hasAuthority) return areEscapesValid(rest) ? { scheme, opaque: "", query } : undefined;
  const slash = rest.indexOf("/", 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  const path = slash < 0 ? "" : rest.slice(slash);
  if (!isAuthority(authority) || !areEscapesValid(path)) return undefined;
  return { scheme, opaque: "", query };
}

function areEscapesValid(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text);
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  if (!isHost(authority.slice(at + 1))) return false;
  const user = at < 0 ? "" : authority.slice(0, at);
  return /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) && areEscapesValid(user);
}

const portPattern = /^(:\d*)?$/;

function isHost(host: string): boolean {
  if (host.startsWith("[")) {
    const end = host.lastIndexOf("]");
    if (end < 0 || !portPattern.test(host.slice(end + 1))) return false;
    const [address = "", zone] = host.slice(1, end).split(/%25(.*)/s);
    return isAddress(address) && (zone === undefined || (zone !== "" && areEscapesValid(zone)));
  }
  const colon = host.lastIndexOf(":");
  if (colon >= 0 && !portPattern.test(host.slice(colon))) return false;
  // Only characters outside ASCII may be escaped, and some ASCII characters are not allowed.
  if (/%(?![89a-fA-F][0-9a-fA-F])/.test(host.replaceAll("%25", ""))) return false;
  return /^[A-Za-z0-9\-_.~!$&'()*+,;=:<>"%[\]\u0080-\u{10ffff}]*$/u.test(host);
}

/** An IPv6 address. */
function isAddress(text: string): boolean {
  return text.includes(":") && URL.canParse(`http://[${text}]/`);
}

const plainSchemes: ReadonlySet<string> = new Set(["http", "https", "tftp"]);

/** What is wrong with a location that Ignition fetches, or undefined. */
export function mistakeInUrl(text: string, version: Version): string | undefined {
  if (isMadeHere(text) || isPlainDataUrl(text)) return undefined;
  const url = parseUrl(text);
  if (url === undefined) return "unable to parse url";
  const { scheme } = url;
  if (plainSchemes.has(scheme)) return undefined;
  if (scheme === "gs" && version.minor >= since.googleStorage) return undefined;
  if (scheme === "data") return mistakeInDataUrl(text);
  const knowsVersions = version.minor >= since.objectVersions;
  if (scheme === "s3") return knowsVersions ? mistakeInVersion(url) : undefined;
  if (scheme === "arn" && knowsVersions) return mistakeInName(url);
  return "invalid url scheme";
}

function mistakeInVersion({ query }: Url): string | undefined {
  for (const pair of query.split("&")) {
    if (pair.includes(";") || !areEscapesValid(pair)) continue;
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    if (unescaped(name) !== "versionId") continue;
    return value === "" ? "invalid S3 object VersionId" : undefined;
  }
  return undefined;
}

function unescaped(text: string): string {
  return text
    .replaceAll("+", " ")
    .replaceAll(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
}

/** `arn:partition:service:region:account:resource` */
function mistakeInName(url: Url): string | undefined {
  const sections = `arn:${url.opaque}`.split(":");
  const resource = sections.slice(5).join(":");
  const parts = url.opaque.split("/").length;
  const partsMin = resource.startsWith("accesspoint/") ? 3 : 2;
  if (sections.length < 6 || sections[2] !== "s3" || parts < partsMin) {
    return "invalid S3 ARN format";
  }
  return mistakeInVersion(url);
}
