/**
 * X.509 certificates after RFC 5280, signed with ECDSA on P-256: the structure is here, the encoding
 * in asn1js (der.ts). Certificate policies, revocation lists and subject alternative names are not
 * supported, because Flotilla's certificates do not need them.
 */
import { createHash } from "node:crypto";
import {
  bitString,
  fewBits,
  objectIdentifier,
  octetString,
  positiveInteger,
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

/** The name and the key of a certificate authority. */
export interface Issuer {
  /** In DER. */
  readonly name: DerValue;
  readonly key: SigningKey;
}

export interface CertificateContents {
  /** 16 bytes; the two highest bits are not used. */
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
  const toBeSigned = sequence(
    versionThree,
    positiveInteger(serialNumber(contents.serial)),
    signatureAlgorithm,
    signer.name,
    sequence(timeOf(validity.notBefore), timeOf(validity.notAfter)),
    subject,
    sequence(keyAlgorithm, bitString(key.publicPoint)),
    extensionsOf(sequence(...extensions)),
  );
  const signed = signatureValue(signature(signer.key.scalar, toBeSigned));
  return pem("CERTIFICATE", sequence(toBeSigned, signatureAlgorithm, bitString(signed)));
}

const versionThree = tagged(0)(smallInteger(2));
const extensionsOf = tagged(3);
/** ecdsa-with-SHA256 (RFC 5758, section 3.2). */
const signatureAlgorithm = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** Positive, not zero and always of the same length. */
function serialNumber(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => (index === 0 ? (byte & 0x3f) | 0x40 : byte));
}

const repeatedTime = repeated((milliseconds) => time(new Date(Number(milliseconds))));

function timeOf(moment: Date): DerValue {
  return repeatedTime(String(moment.getTime()));
}

function attribute(identifier: string): (value: string) => DerValue {
  const type = objectIdentifier(identifier);
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
  return sequence(...attributes);
}

/** An extension's fixed part is encoded once: object identifiers are what asn1js is slowest at. */
function extensionType(identifier: string, critical: boolean): (value: DerValue) => DerValue {
  const fixed = [objectIdentifier(identifier), ...(critical ? [trueValue] : [])];
  return (value) => sequence(...fixed, octetString(value));
}

const basicConstraintsOf = extensionType("2.5.29.19", true);
const keyUsageOf = extensionType("2.5.29.15", true);
const extendedKeyUsageOf = extensionType("2.5.29.37", false);
const nameConstraintsOf = extensionType("2.5.29.30", true);
const subjectKeyIdentifierOf = extensionType("2.5.29.14", false);
const authorityKeyIdentifierOf = extensionType("2.5.29.35", false);

function basicConstraints(...fields: readonly DerValue[]): DerValue {
  return basicConstraintsOf(sequence(...fields));
}

/** An authority that signs other authorities. */
export const rootConstraints = basicConstraints(trueValue, smallInteger(1));
/** An authority that signs only certificates of servers and clients. */
export const authorityConstraints = basicConstraints(trueValue, smallInteger(0));
export const leafConstraints = basicConstraints();

/** keyCertSign, bit 5. */
export const signsCertificates = keyUsageOf(fewBits(0x04, 2));
/** digitalSignature, bit 0. */
export const signsData = keyUsageOf(fewBits(0x80, 7));

/** In an authority: what the certificates under it may be used for. */
export const forServers = extendedKeyUsage("1.3.6.1.5.5.7.3.1");
export const forClients = extendedKeyUsage("1.3.6.1.5.5.7.3.2");

function extendedKeyUsage(purpose: string): DerValue {
  return extendedKeyUsageOf(sequence(objectIdentifier(purpose)));
}

/**
 * What DNS names the certificates under an authority may have: these and those below them. Names of
 * other types, IP addresses among them, stay free (RFC 5280, section 4.2.1.10).
 */
export function permittedHostNames(names: readonly string[]): DerValue {
  return nameConstraintsOf(sequence(permittedSubtrees(...names.map(subtreeOf))));
}

const permittedSubtrees = tagged(0);
const hostName = taggedBytes(2);
const subtreeOf = repeated((name) => sequence(hostName(Buffer.from(name, "ascii"))));

function subjectKeyIdentifier(key: SigningKey): DerValue {
  return subjectKeyIdentifierOf(octetString(keyIdentifier(key)));
}

function authorityKeyIdentifier(key: SigningKey): DerValue {
  return authorityKeyIdentifierOf(sequence(identifierOfAuthority(keyIdentifier(key))));
}

const identifierOfAuthority = taggedBytes(0);

/** RFC 7093, section 2, method 1. */
function keyIdentifier({ publicPoint }: SigningKey): Uint8Array {
  return createHash("sha256").update(publicPoint).digest().subarray(0, 20);
}
