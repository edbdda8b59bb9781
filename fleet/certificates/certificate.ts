/**
 * X.509 certificates of the profile of RFC 5280, signed with ECDSA on P-256: the structure here, the
 * encoding by asn1js (der.ts). No certificate policies, revocation lists or subject alternative names:
 * nothing of ours has them.
 */
import { createHash } from "node:crypto";
import {
  bitString,
  bytesOf,
  encoded,
  objectIdentifier,
  octetString,
  positiveInteger,
  raw,
  repeated,
  sequence,
  set,
  smallInteger,
  tagged,
  taggedBytes,
  text,
  time,
  trueValue,
  type DerValue,
} from "./der.ts";
import { keyAlgorithm, signature, signatureValue, type SigningKey } from "./p256.ts";
import { pem } from "./pem.ts";

/** A distinguished name. Each value has 1 to 64 characters (RFC 5280, appendix A.1). */
export interface DistinguishedName {
  readonly organization?: string;
  readonly unit?: string;
  readonly commonName: string;
}

export interface Validity {
  /** To the second. */
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Who signs: the name and the key of a certificate authority. */
export interface Issuer {
  /** In DER. */
  readonly name: DerValue;
  readonly key: SigningKey;
}

export interface CertificateContents {
  /** 16 bytes, all of them used but for the two highest bits. */
  readonly serial: Uint8Array;
  /** In DER. */
  readonly subject: DerValue;
  readonly validity: Validity;
  readonly key: SigningKey;
  /** Besides the key identifiers, which every certificate gets. */
  readonly extensions: readonly DerValue[];
}

/** A certificate as PEM. Without an issuer it is signed with its own key. */
export function certificate(contents: CertificateContents, issuer?: Issuer): string {
  const { subject, validity, key } = contents;
  const signer = issuer ?? { name: subject, key };
  const extensions = [...contents.extensions, subjectKeyIdentifier(key)];
  if (issuer !== undefined) extensions.push(authorityKeyIdentifier(issuer.key));
  const toBeSigned = bytesOf(
    sequence(
      versionThree,
      positiveInteger(serialNumber(contents.serial)),
      signatureAlgorithm,
      signer.name,
      sequence(timeOf(validity.notBefore), timeOf(validity.notAfter)),
      subject,
      sequence(keyAlgorithm, bitString(key.publicPoint)),
      tagged(3, sequence(...extensions)),
    ),
  );
  const signed = signatureValue(signature(signer.key.scalar, toBeSigned));
  return pem(
    "CERTIFICATE",
    bytesOf(sequence(raw(toBeSigned), signatureAlgorithm, bitString(signed))),
  );
}

const versionThree = encoded(tagged(0, smallInteger(2)));
/** ecdsa-with-SHA256 (RFC 5758, section 3.2). */
const signatureAlgorithm = encoded(sequence(objectIdentifier("1.2.840.10045.4.3.2")));

/** Positive, not zero and always of the same length. */
function serialNumber(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => (index === 0 ? (byte & 0x3f) | 0x40 : byte));
}

const repeatedTime = repeated((moment) => time(new Date(moment)));

function timeOf(moment: Date): DerValue {
  return repeatedTime(moment.toISOString());
}

function attribute(identifier: string): (value: string) => DerValue {
  const type = encoded(objectIdentifier(identifier));
  return (value) => set(sequence(type, text(value)));
}

const organizationOf = repeated(attribute("2.5.4.10"));
const unitOf = repeated(attribute("2.5.4.11"));
const commonNameOf = attribute("2.5.4.3");

export function distinguishedName({ organization, unit, commonName }: DistinguishedName): DerValue {
  const attributes = [
    ...(organization === undefined ? [] : [organizationOf(organization)]),
    ...(unit === undefined ? [] : [unitOf(unit)]),
    commonNameOf(commonName),
  ];
  return encoded(sequence(...attributes));
}

/** An extension's fixed part is encoded once: object identifiers are what asn1js is slowest at. */
function extensionType(identifier: string, critical: boolean): (value: DerValue) => DerValue {
  const fixed = [objectIdentifier(identifier), ...(critical ? [trueValue()] : [])].map(encoded);
  return (value) => sequence(...fixed, octetString(bytesOf(value)));
}

const basicConstraintsOf = extensionType("2.5.29.19", true);
const keyUsageOf = extensionType("2.5.29.15", true);
const extendedKeyUsageOf = extensionType("2.5.29.37", false);
const nameConstraintsOf = extensionType("2.5.29.30", true);
const subjectKeyIdentifierOf = extensionType("2.5.29.14", false);
const authorityKeyIdentifierOf = extensionType("2.5.29.35", false);

function basicConstraints(...fields: readonly DerValue[]): DerValue {
  return encoded(basicConstraintsOf(sequence(...fields)));
}

/** An authority under which there are others. */
export const rootConstraints = basicConstraints(trueValue(), smallInteger(1));
/** An authority under which there are only certificates of servers and clients. */
export const authorityConstraints = basicConstraints(trueValue(), smallInteger(0));
export const leafConstraints = basicConstraints();

/** keyCertSign, bit 5. */
export const signsCertificates = encoded(keyUsageOf(bitString(bits(0x04), 2)));
/** digitalSignature, bit 0. */
export const signsData = encoded(keyUsageOf(bitString(bits(0x80), 7)));

function bits(byte: number): Uint8Array {
  return Uint8Array.of(byte);
}

/** In an authority: what the certificates under it may be used for. */
export const forServers = extendedKeyUsage("1.3.6.1.5.5.7.3.1");
export const forClients = extendedKeyUsage("1.3.6.1.5.5.7.3.2");

function extendedKeyUsage(purpose: string): DerValue {
  return encoded(extendedKeyUsageOf(sequence(objectIdentifier(purpose))));
}

/**
 * What DNS names the certificates under an authority may have: these and those below them. Names of
 * other types, IP addresses among them, stay free (RFC 5280, section 4.2.1.10).
 */
export function permittedHostNames(names: readonly string[]): DerValue {
  return nameConstraintsOf(sequence(tagged(0, ...names.map(subtreeOf))));
}

const subtreeOf = repeated((name) => sequence(taggedBytes(2, Buffer.from(name, "ascii"))));

function subjectKeyIdentifier(key: SigningKey): DerValue {
  return subjectKeyIdentifierOf(octetString(keyIdentifier(key)));
}

function authorityKeyIdentifier(key: SigningKey): DerValue {
  return authorityKeyIdentifierOf(sequence(taggedBytes(0, keyIdentifier(key))));
}

/** RFC 7093, section 2, method 1. */
function keyIdentifier({ publicPoint }: SigningKey): Uint8Array {
  return createHash("sha256").update(publicPoint).digest().subarray(0, 20);
}
