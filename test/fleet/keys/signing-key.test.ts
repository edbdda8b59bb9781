import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSigningKey } from "../../../fleet/keys/signing-key.ts";

/** Made by GnuPG 2.2.40: a primary key that certifies, a subkey that signs, and one that encrypts. */
const armored = readFileSync(join(import.meta.dirname, "signing-key.asc"), "utf8");

const head = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n";
const tail = "\n-----END PGP PUBLIC KEY BLOCK-----\n";
const data = armored.slice(head.length, armored.indexOf("\n="));
const bytes = Buffer.from(data.replaceAll("\n", ""), "base64");

const armor = (packets: Uint8Array) => head + Buffer.from(packets).toString("base64") + tail;

/** The key after a change of its bytes. */
function changed(change: (key: Buffer) => Buffer | void): string {
  const copy = Buffer.from(bytes);
  return armor(change(copy) ?? copy);
}

test("a key is known by its fingerprint and the fingerprints that sign, as GnuPG has them", () => {
  const fingerprint = "87F42FA0523530CCA14B20BF1B841BCA264B0B3D";
  const signing = [fingerprint, "24266E977BDA87FD24951F985FC0C87B2C2187F8"];
  expect(parseSigningKey(armored)).toEqual({ fingerprint, signing, text: armored });
  const windows = `Our key:\r\n${armored.replaceAll("\n", "\r\n")}\r\n`;
  expect(parseSigningKey(windows)).toEqual({ fingerprint, signing, text: armored });
  const commented = armored.replace("\n\n", "\nComment: of the publisher\n\n");
  expect(parseSigningKey(commented)).toMatchObject({ fingerprint, signing });
});

test.each([
  ["an SSH key", `ssh-ed25519 AAAAC3Nza ann@example.com\n`, "this is an SSH key"],
  ["an SSH key of a token", `sk-ssh-ed25519@openssh.com AAAAG ann\n`, "this is an SSH key"],
  ["an ECDSA SSH key", `ecdsa-sha2-nistp256 AAAAE2Vj ann\n`, "this is an SSH key"],
  ["allowed signers", `ann@example.com ssh-ed25519 AAAAC3Nza\n`, "this is an SSH key"],
  ["an RFC 4716 key", "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", "this is an SSH key"],
  ["an X.509 certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n", "this is an X.509 key"],
  ["a private SSH key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", "a private key"],
  ["an empty file", "", "this is not an OpenPGP public key in text form"],
  ["no end", armored.slice(0, -30), "this is not an OpenPGP public key in text form"],
  ["no packets", head + tail, "this is not an OpenPGP public key"],
  ["a signature", changed((key) => key.fill(0x88, 0, 1)), "this is not an OpenPGP public key"],
  ["no packet", changed((key) => key.fill(0x18, 0, 1)), "this OpenPGP key is damaged"],
  ["a cut key", changed((key) => key.subarray(0, -1)), "this OpenPGP key is damaged"],
  ["two keys", changed((key) => Buffer.concat([key, key])), "this file contains more than one key"],
  ["two blocks", armored + armored, "this file contains more than one key"],
  ["a private key", armored.replaceAll("PUBLIC", "PRIVATE"), "this file contains a private key"],
  ["a public and a private key", armored + armored.replaceAll("PUBLIC", "PRIVATE"), "private key"],
  ["a private key as a public one", changed((key) => key.fill(0x94, 0, 1)), "private key"],
  ["version 6", changed((key) => key.fill(6, 2, 3)), "reads OpenPGP keys of version 4 only"],
  ["a quotation mark", changed((key) => key.fill('"', 55, 56)), "without quotation marks"],
  ["no name", changed((key) => key.subarray(0, 53)), "reads only keys with a user ID"],
  [
    "a key that encrypts",
    changed((key) => Buffer.concat([key.fill(18, 7, 8).subarray(0, 91)])),
    "this OpenPGP key can only encrypt, not sign",
  ],
])("%s is refused, and nothing of it is quoted", (_what, text, problem) => {
  const found = parseSigningKey(text);
  expect(found).toEqual({ problem: expect.stringContaining(problem) });
  expect(JSON.stringify(found)).not.toContain(data.slice(0, 8));
});

test("any other bytes are a key or have a problem", () => {
  const cases = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([at, value]) => {
      const copy = Buffer.from(bytes);
      copy[at] = value;
      return copy;
    }),
    fc.nat(bytes.length).map((end) => bytes.subarray(0, end)),
  );
  fc.assert(
    fc.property(cases, (packets) => {
      const found = parseSigningKey(armor(packets));
      if ("problem" in found) return;
      expect(found.fingerprint).toMatch(/^[0-9A-F]{40}$/);
      expect(found.signing.length).toBeGreaterThan(0);
    }),
  );
});
