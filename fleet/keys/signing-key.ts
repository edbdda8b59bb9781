/**
 * The public half of an OpenPGP key that signs commits of the state repository, as Argo CD needs it: the
 * text for its key ring, and the ids by which it recognizes signatures.
 *
 * Only the form is read here (RFC 9580, sections 4 and 5.5). Whether a signature holds, and whether a key
 * has expired, is checked when something is published: cli/publish/signature.ts.
 */
import { createHash } from "node:crypto";
import type { SigningKey } from "../model/fleet.ts";

const block =
  /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([^]*?)^-----END PGP PUBLIC KEY BLOCK-----/gm;
const exported = "Write it with: gpg --export --armor FINGERPRINT";

/** Tags of packets. */
const secretKey = 5;
const publicKey = 6;
const secretSubkey = 7;
const userId = 13;
const publicSubkey = 14;

/** Algorithms of keys that sign: RSA, DSA, ECDSA, EdDSA, Ed25519, Ed448. */
const signingAlgorithms: ReadonlySet<number> = new Set([1, 3, 17, 19, 22, 27, 28]);

/** @param text of a file with one key, in the form that gpg prints with `--armor` */
export function parseSigningKey(text: string): SigningKey | { readonly problem: string } {
  if (/BEGIN [A-Z ]*PRIVATE KEY/.test(text)) return privateProblem;
  if (/(?:^|\s)(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ AAAA|BEGIN SSH2 PUBLIC KEY/m.test(text))
    return otherProblem("an SSH");
  if (/BEGIN (?:CERTIFICATE|PUBLIC KEY)-/.test(text)) return otherProblem("an X.509");
  const [found, ...others] = text.matchAll(block);
  if (found === undefined) {
    return { problem: `this is not an OpenPGP public key in text form. ${exported}` };
  }
  if (others.length > 0) return severalProblem;
  const packets = packetsOf(bytesOf(found[1] ?? ""));
  if (packets === undefined) return { problem: `this OpenPGP key is damaged. ${exported}` };
  if (packets.some(({ tag }) => tag === secretKey || tag === secretSubkey)) return privateProblem;
  const [primary] = packets;
  if (primary?.tag !== publicKey) {
    return { problem: `this is not an OpenPGP public key. ${exported}` };
  }
  if (packets.filter(({ tag }) => tag === publicKey).length > 1) return severalProblem;
  const keys = packets.filter(({ tag }) => tag === publicKey || tag === publicSubkey);
  if (keys.some(({ body }) => body[0] !== 4)) {
    return {
      problem:
        "Argo CD reads OpenPGP keys of version 4 only. Make one with: gpg --quick-generate-key",
    };
  }
  const names = packets
    .filter(({ tag }) => tag === userId)
    .map(({ body }) => body.toString("utf8"));
  // Argo CD reads what gpg prints about a key, and finds the name between quotation marks.
  if (names.length === 0 || names.some((name) => /["\p{Cc}]/u.test(name))) {
    return {
      problem:
        "Argo CD reads only keys with a user ID, without quotation marks in it. Make one with: gpg --quick-generate-key",
    };
  }
  const signing = keys.filter(({ body }) => signingAlgorithms.has(body[5] ?? 0)).map(fingerprintOf);
  if (signing.length === 0) return { problem: "this OpenPGP key can only encrypt, not sign" };
  const lines = found[0].split("\n").map((line) => line.trimEnd());
  return { fingerprint: fingerprintOf(primary), signing, text: `${lines.join("\n")}\n` };
}

const otherProblem = (kind: string) => ({
  problem: `this is ${kind} key, and Argo CD verifies OpenPGP signatures only. Make a key with: gpg --quick-generate-key`,
});
const privateProblem = {
  problem: `this file contains a private key. Take it out of this folder and write the public key: gpg --export --armor FINGERPRINT`,
};
const severalProblem = { problem: "this file contains more than one key. Write a file for each" };

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
}

/** The bytes of an armored text: its headers end at an empty line, its checksum starts with `=`. */
function bytesOf(armored: string): Buffer {
  const lines = armored.split("\n").map((line) => line.trim());
  const data = lines.slice(lines.indexOf("") + 1).filter((line) => !line.startsWith("="));
  return Buffer.from(data.join(""), "base64");
}

/** Undefined where the bytes are not whole packets. */
function packetsOf(bytes: Buffer): readonly Packet[] | undefined {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const isNew = (first & 0x40) !== 0;
    const length = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, first & 3);
    if ((first & 0x80) === 0 || length === undefined) return undefined;
    const end = length.start + length.size;
    if (end > bytes.length) return undefined;
    const tag = isNew ? first & 0x3f : (first >> 2) & 0xf;
    packets.push({ tag, body: bytes.subarray(length.start, end) });
    at = end;
  }
  return packets;
}

type Length = { readonly start: number; readonly size: number } | undefined;

function newLength(bytes: Buffer, at: number): Length {
  const [first = 255, second = 0] = bytes.subarray(at, at + 2);
  if (first < 192) return { start: at + 1, size: first };
  if (first < 224) return { start: at + 2, size: ((first - 192) << 8) + second + 192 };
  // Partial lengths are for data, not for keys.
  return first === 255 ? number(bytes, at + 1, 4) : undefined;
}

function oldLength(bytes: Buffer, at: number, kind: number): Length {
  return kind === 3 ? undefined : number(bytes, at, 1 << kind);
}

function number(bytes: Buffer, at: number, width: number): Length {
  if (at + width > bytes.length) return undefined;
  return { start: at + width, size: bytes.readUIntBE(at, width) };
}

/** RFC 9580, section 5.5.4.2. */
function fingerprintOf({ body }: Packet): string {
  const head = Buffer.from([0x99, body.length >> 8, body.length & 0xff]);
  return createHash("sha1").update(head).update(body).digest("hex").toUpperCase();
}
