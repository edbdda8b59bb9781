/**
 * The secrets that this run knows, and the mask that removes them from what other programs print: a
 * hook of Git, a credential helper or a provider of Terraform may print any of them in any spelling.
 *
 * Found are: the root key and everything derived from it, secrets of the environment and of files that
 * were given, and, whatever their values are, private keys in PEM, credentials in URLs and the tokens of
 * well-known services. A secret is found in base64, base64url and hexadecimal, percent-encoded, escaped
 * as in JSON, inside base64 or a dump in hexadecimal, and broken into lines.
 */
import { keyMaterialBytes, scalarOf } from "../../fleet/keys/certificates/p256.ts";
import { watchSecrets } from "../../fleet/keys/root-key.ts";
import { compactText, type CompactText } from "./compact-text.ts";
import { maskCredentials, maskedSecret } from "./mask.ts";

/** Shorter texts are not masked, because they would match everywhere. */
const textLengthMin = 6;
/** Any part of a text secret or of the root key that has this length is masked. */
const partLength = 16;
/** The size of most keys. Their characters in base64 that hold no other bits, and in hexadecimal. */
const valueBytes = 32;
const base64Length = 42;
const hexLength = 64;

/** Spellings of 32 bytes: their first 42 characters in base64url, in hexadecimal, and the bytes. */
const values = new Set<string>();
/** Derived values without their spellings, as Latin-1: most runs make thousands of them and mask nothing. */
let unspelled: string[] = [];
/** Parts of text secrets and of the root key, as they are in a compact text. */
const parts = new Set<string>();
/** Text secrets that are shorter than a part. */
const short = new Set<string>();

/** Forgets every secret, as in a new process. For tests: one process runs many of their files. */
export function forgetSecrets(): void {
  for (const known of [values, parts, short]) known.clear();
  unspelled = [];
}

/** From now on the text, and the credential in it if it is a URL, is masked. */
export function keepSecret(secret: string): void {
  for (const form of [secret, ...secret.split("\n")]) {
    const { text } = compactText(form.trim());
    if (text.length < textLengthMin) continue;
    if (text.length < partLength) short.add(text);
    for (let at = 0; at + partLength <= text.length; at++)
      parts.add(text.slice(at, at + partLength));
  }
}

/** Names of variables whose values are secrets. A path is not one. */
const secretName = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH/i;

/** Keeps what a variable's name says is a secret, and the passwords of URLs. */
export function keepEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value = ""] of Object.entries(environment)) {
    keepCredentials(value);
    const isValue = !/^[/.~]/.test(value) && value.length >= textLengthMin;
    if (secretName.test(name) && isValue) keepSecret(value);
  }
}

/** Keeps the password or token of every URL in a text. */
export function keepCredentials(text: string): void {
  for (const [, user = "", password] of text.matchAll(/:\/\/([^/\s:@]*)(?::([^/\s]*))?@/g)) {
    const secret = password ?? user;
    // `git@` and the like are not secrets; a token by itself is longer.
    if (password === undefined && secret.length < partLength) continue;
    keepSecret(secret);
    try {
      keepSecret(decodeURIComponent(secret));
    } catch {
      // It is not percent-encoded.
    }
  }
}

watchSecrets((bytes, isRoot) => {
  if (isRoot) {
    for (const encoding of ["base64url", "hex"] as const)
      keepSecret(Buffer.from(bytes).toString(encoding));
  }
  if (bytes.length !== keyMaterialBytes && bytes.length !== valueBytes) return;
  unspelled.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"));
});

/** The spellings of everything that was derived so far. */
function spellValues(): void {
  for (const text of unspelled) keepDerived(Buffer.from(text, "latin1"));
  unspelled = [];
}

function keepDerived(bytes: Uint8Array): void {
  if (bytes.length === keyMaterialBytes) return keepValue(scalarOf(bytes));
  keepValue(bytes);
  const clamped = Uint8Array.from(bytes);
  // As WireGuard keys are (RFC 7748, section 5).
  clamped[0] = (clamped[0] ?? 0) & 248;
  clamped[31] = ((clamped[31] ?? 0) & 127) | 64;
  keepValue(clamped);
}

function keepValue(bytes: Uint8Array): void {
  const value = Buffer.from(bytes);
  values.add(value.toString("hex")).add(value.toString("latin1"));
  values.add(value.toString("base64url").slice(0, base64Length));
}

/** Secrets that are known by their form. */
const wellKnown = new RegExp(
  [
    String.raw`-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)`,
    String.raw`-----BEGIN%20[A-Z0-9%]{0,60}PRIVATE%20KEY-----[^\s"']*`,
    // Base64 of a PEM text at each of three offsets.
    String.raw`(?:LS0tLS1CRUdJTi|0tLS0tQkVHSU4g|tLS0tLUJFR0lOI)[A-Za-z0-9+/=_-]+`,
    String.raw`(?<=(?:PrivateKey|private-key|client-key-data|PresharedKey)["']?\s{0,40}[=:]\s{0,40}["']?)[A-Za-z0-9+/=_-]{16,}`,
    String.raw`(?<=[Aa]uthorization["']?\s{0,40}[=:]\s{0,40}["']?(?:[Bb]earer|[Bb]asic|[Tt]oken) )[^\s"']+`,
    String.raw`\b(?:gh[oprsu]_|github_pat_|glpat-|ya29\.|AKIA|xox[abp]-)[A-Za-z0-9._-]{10,}`,
    String.raw`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+`,
    String.raw`flotilla-[a-z-]*key-\d+:[\w+/=-]+`,
  ].join("|"),
  "g",
);

/** Nobody reads more, and to mask it takes long. */
const maskedLengthMax = 300_000;
/** No secret is longer in any spelling. So much is left out at the cut, where one may have begun. */
const spellingLengthMax = 4_096;

/**
 * The text without the secrets that this run knows, and without what looks like one. Only the start of
 * a text that is too long to read.
 */
export function maskSecrets(text: string): string {
  if (text.length <= maskedLengthMax) return maskAll(text);
  const start = maskAll(text.slice(0, maskedLengthMax)).slice(0, -spellingLengthMax);
  return `${start} … (the rest of ${text.length} characters is omitted)`;
}

function maskAll(text: string): string {
  spellValues();
  const compact = compactText(text);
  const marked = new Uint8Array(compact.text.length);
  markSecrets(compact.text, marked);
  const masked = replaceMarked(text, compact, marked);
  return maskCredentials(masked.replaceAll(wellKnown, maskedSecret));
}

/** Marks each character of a secret. */
function markSecrets(text: string, marked: Uint8Array): void {
  const mark = (at: number, length: number) => marked.fill(1, at, at + length);
  for (const secret of short) {
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) {
      mark(at, secret.length);
    }
  }
  if (parts.size > 0) {
    for (let at = 0; at + partLength <= text.length; at++) {
      if (parts.has(text.slice(at, at + partLength))) mark(at, partLength);
    }
  }
  for (const { index, 0: run } of text.matchAll(/[A-Za-z0-9_-]{16,}/g)) {
    const hex = run.toLowerCase();
    for (let at = 0; at < run.length; at++) {
      if (values.has(run.slice(at, at + base64Length))) mark(index + at, base64Length + 1);
      const digits = hex.slice(at, at + hexLength);
      if (values.has(digits)) mark(index + at, hexLength);
      const part = hex.slice(at, at + partLength);
      if (part.length === partLength && /^[\da-f]+$/.test(part) && parts.has(part)) {
        mark(index + at, partLength);
      }
    }
    for (const { index: start, 0: dump } of run.matchAll(/[\da-f]{16,}/gi)) {
      if (inHexadecimal(dump)) mark(index + start, dump.length);
    }
    const left = run.replaceAll(/./g, (character, at: number) =>
      marked[index + at] === 1 ? " " : character,
    );
    for (const { index: start, 0: piece } of left.matchAll(/\S{16,}/g)) {
      if (inBase64(piece)) mark(index + start, piece.length);
    }
  }
}

/** Whether base64 that starts somewhere in the run contains a secret. */
function inBase64(run: string): boolean {
  return [0, 1, 2, 3].some((start) => containsSecret(Buffer.from(run.slice(start), "base64")));
}

function inHexadecimal(digits: string): boolean {
  return [0, 1].some((start) => containsSecret(Buffer.from(digits.slice(start), "hex")));
}

function containsSecret(bytes: Buffer): boolean {
  const raw = bytes.toString("latin1");
  const inner = compactText(raw).text;
  for (const secret of short) if (inner.includes(secret)) return true;
  return (
    hasPart(inner, partLength, parts) ||
    hasPart(inner, base64Length, values) ||
    hasPart(inner, hexLength, values) ||
    hasPart(raw, valueBytes, values)
  );
}

function hasPart(text: string, length: number, known: ReadonlySet<string>): boolean {
  if (known.size === 0) return false;
  for (let at = 0; at + length <= text.length; at++) {
    if (known.has(text.slice(at, at + length))) return true;
  }
  return false;
}

function replaceMarked(text: string, { starts, ends }: CompactText, marked: Uint8Array): string {
  let result = "";
  let done = 0;
  for (let at = marked.indexOf(1); at !== -1; at = marked.indexOf(1, at)) {
    const first = at;
    while (marked[at] === 1) at++;
    result += text.slice(done, starts[first]) + maskedSecret;
    done = ends[at - 1] ?? text.length;
  }
  return result + text.slice(done);
}
