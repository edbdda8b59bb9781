/**
 * What a snippet writes into a file or trusts. What Ignition cannot unpack, or what does not have the
 * hash that is written beside it, stops the first boot after the disk was erased.
 */
import { createHash, X509Certificate } from "node:crypto";
import { objectOf, objectsOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import type { Path } from "../butane/node.ts";
import { FormatError } from "../formats/bytes.ts";
import { resourceContents } from "../iso/resource.ts";
import type { Finding, Rule } from "./own-system.ts";

/** Bytes, or a mistake; neither of them if the device fetches the contents. */
interface ReadContents {
  readonly bytes?: Uint8Array | undefined;
  readonly mistake?: string;
  /** The field with the mistake. */
  readonly field?: Path;
}

export function readContents(resource: JsonObject, lengthMax: number): ReadContents {
  let bytes: Uint8Array | undefined;
  try {
    bytes = resourceContents(resource, lengthMax);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { mistake: `${error.message} Ignition cannot read it.`, field: ["source"] };
  }
  const expected = objectOf(resource, "verification")["hash"];
  if (bytes === undefined || typeof expected !== "string") return { bytes };
  const found = hashOf(bytes, expected);
  if (found === expected) return { bytes };
  const mistake = `the hash of the contents is ${found}, expected ${expected}.`;
  return { mistake, field: ["verification", "hash"] };
}

/** The hash by the same function as `like`. */
function hashOf(bytes: Uint8Array, like: string): string {
  const name = like.startsWith("sha256-") ? "sha256" : "sha512";
  return `${name}-${createHash(name).update(bytes).digest("hex")}`;
}

const bytesMax = 64 * 1_048_576;

export const checkContents: Rule = (config) =>
  resourcesOf(config).flatMap(({ resource, at, isAuthority }): readonly Finding[] => {
    const isPlain = resource["compression"] === undefined && resource["verification"] === undefined;
    // Butane has checked the URL.
    if (isPlain && isAuthority !== true) return [];
    const { bytes, mistake, field = [] } = readContents(resource, bytesMax);
    if (mistake !== undefined) return [{ path: [...at, ...field], message: mistake }];
    if (isAuthority !== true || bytes === undefined) return [];
    const inPem = mistakeInCertificates(Buffer.from(bytes).toString("latin1"));
    return inPem === undefined ? [] : [{ path: [...at, "source"], message: inPem }];
  });

const pemBegin = /(?<=^|\n)-----BEGIN ([^\r\n]+)-----[ \t]*\r?\n/g;

interface PemBlock {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Not by one expression: without an end it would read the rest of the text for each beginning. */
function* pemBlocks(text: string): Generator<PemBlock> {
  let end = 0;
  for (const { 0: line, 1: kind = "", index: start } of text.matchAll(pemBegin)) {
    if (start < end) continue;
    const mark = `\n-----END ${kind}-----`;
    const close = text.indexOf(mark, start + line.length - 1);
    if (close < 0) return;
    const rest = /^[ \t]*(?:\r?\n|$)/.exec(
      text.slice(close + mark.length, close + mark.length + 256),
    );
    if (rest === null) return;
    end = close + mark.length + rest[0].length;
    yield { kind, start, end, text: text.slice(start + line.length, close) };
  }
}

const pemHeaders = /^(?:[^\n]*:[^\n]*\n)+\r?\n/;

/** Ignition reads every block as a certificate, and fails at any text after the last one. */
function mistakeInCertificates(text: string): string | undefined {
  let end = 0;
  for (const block of pemBlocks(text)) {
    end = block.end;
    try {
      new X509Certificate(Buffer.from(block.text.replace(pemHeaders, ""), "base64"));
    } catch {
      const where = lineOf(text, block.start);
      return `line ${where} of the contents begins a ${block.kind} that is not a valid X.509 certificate, so Ignition fails at the first boot. Write only certificates in PEM.`;
    }
  }
  if (end === text.length) return undefined;
  return end === 0
    ? "expected certificates in PEM, found none, so Ignition fails at the first boot. Write -----BEGIN CERTIFICATE----- and what follows."
    : `line ${lineOf(text, end)} of the contents is after the last certificate, so Ignition fails at the first boot. Delete what follows the certificates, including empty lines.`;
}

const lineOf = (text: string, index: number) => text.slice(0, index).split("\n").length;

interface Place {
  readonly resource: JsonObject;
  readonly at: Path;
  readonly isAuthority?: true;
}

function resourcesOf(config: JsonObject): readonly Place[] {
  const storage = objectOf(config, "storage");
  const inFiles = objectsOf(storage, "files").flatMap((file, index): readonly Place[] => {
    const at = ["storage", "files", index];
    const appended = objectsOf(file, "append").map((resource, number) => ({
      resource,
      at: [...at, "append", number],
    }));
    return [{ resource: objectOf(file, "contents"), at: [...at, "contents"] }, ...appended];
  });
  const keys = objectsOf(storage, "luks").map((volume, index) => ({
    resource: objectOf(volume, "keyFile"),
    at: ["storage", "luks", index, "keyFile"],
  }));
  const tls = objectOf(objectOf(objectOf(config, "ignition"), "security"), "tls");
  const authorities = objectsOf(tls, "certificateAuthorities").map((resource, index) => ({
    resource,
    at: ["ignition", "security", "tls", "certificateAuthorities", index],
    isAuthority: true as const,
  }));
  return [...inFiles, ...keys, ...authorities];
}
