/**
 * Keys on the curve P-256 and ECDSA with SHA-256 (FIPS 186-5), both deterministic: a key is made
 * from 48 derived bytes, and a signature's nonce from the key and the message (RFC 6979). So the
 * same root key gives identical certificates on any machine.
 *
 * OpenSSL multiplies points (node:crypto); the rest is arithmetic modulo the group's order. BigInt
 * is not constant-time: this code only runs on the machine that has the root key, for its operator.
 * Tried and rejected: node:crypto's own signatures (random nonces), @noble/curves (0.9 ms each).
 */
import { createECDH, createHash, createHmac } from "node:crypto";
import {
  bitString,
  objectIdentifier,
  octetString,
  positiveInteger,
  sequence,
  smallInteger,
  tagged,
} from "./der.ts";
import { pem } from "./pem.ts";

/** Order of the group that the base point generates (SP 800-186, section 3.2.1.3). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Derived bytes for a key: 128 bits more than the key has, so that the keys are uniform. */
export const keyMaterialBytes = 48;

export interface SigningKey {
  /** 32 bytes. */
  readonly scalar: Uint8Array;
  /** The point, uncompressed: 0x04, x, y; 65 bytes. */
  readonly publicPoint: Uint8Array;
}

export function signingKey(material: Uint8Array): SigningKey {
  const scalar = scalarOf(material);
  return { scalar, publicPoint: pointOf(scalar) };
}

/** FIPS 186-5, A.2.1: key generation by extra random bits, here by derived ones. */
export function scalarOf(material: Uint8Array): Uint8Array {
  if (material.length !== keyMaterialBytes) {
    throw new Error(`a key requires ${keyMaterialBytes} bytes`);
  }
  return bytesOfNumber((numberOf(material) % (order - 1n)) + 1n);
}

/** Created once, because that takes as long as a multiplication. */
const curve = createECDH("prime256v1");

/** `scalar` times the base point, uncompressed. */
export function pointOf(scalar: Uint8Array): Uint8Array {
  curve.setPrivateKey(scalar);
  return curve.getPublicKey();
}

/** The signature's two numbers, of 32 bytes each. */
export interface Signature {
  readonly r: Uint8Array;
  readonly s: Uint8Array;
}

/** ECDSA of SHA-256 of the message, with the nonce of RFC 6979, section 3.2. */
export function signature(scalar: Uint8Array, message: Uint8Array): Signature {
  const key = numberOf(scalar);
  const digest = numberOf(createHash("sha256").update(message).digest()) % order;
  for (const nonce of nonces(scalar, bytesOfNumber(digest))) {
    const r = numberOf(pointOf(bytesOfNumber(nonce)).subarray(1, 33)) % order;
    const s = (inverse(nonce) * (digest + r * key)) % order;
    // Practically neither is ever zero.
    if (r !== 0n && s !== 0n) return { r: bytesOfNumber(r), s: bytesOfNumber(s) };
  }
  throw new Error("the generator of nonces ended");
}

/** ECDSA-Sig-Value (RFC 3279, section 2.2.3), in DER. */
export function signatureValue({ r, s }: Signature): Uint8Array {
  return sequence(positiveInteger(r), positiveInteger(s));
}

/** HMAC_DRBG, seeded with the key and the message's digest, until a number is valid. */
function* nonces(scalar: Uint8Array, digest: Uint8Array): Generator<bigint> {
  let key: Uint8Array = new Uint8Array(32);
  let value: Uint8Array = new Uint8Array(32).fill(1);
  for (const round of [0, 1]) {
    key = hmac(key, value, Uint8Array.of(round), scalar, digest);
    value = hmac(key, value);
  }
  for (;;) {
    value = hmac(key, value);
    const nonce = numberOf(value);
    if (nonce > 0n && nonce < order) yield nonce;
    key = hmac(key, value, Uint8Array.of(0));
    value = hmac(key, value);
  }
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** Number of leading bits from which quotients are predicted: exact in a double. */
const leadingBits = 48;

/**
 * Modulo the order, by Euclid's extended algorithm in Lehmer's form (Knuth, volume 2, 4.5.2,
 * algorithm L): most quotients are known from the leading bits, so BigInt needs a tenth of the
 * steps and a third of the time.
 */
export function inverse(number: bigint): bigint {
  let [previous, rest] = [order, number];
  let [before, factor] = [0n, 1n];
  while (rest !== 0n) {
    const [a, b, c, d] = predictedSteps(previous, rest) ?? oneStep(previous, rest);
    [previous, rest] = [a * previous + b * rest, c * previous + d * rest];
    [before, factor] = [a * before + b * factor, c * before + d * factor];
  }
  return before < 0n ? before + order : before;
}

/** Some steps of Euclid's algorithm as a matrix, row by row. */
type Steps = readonly [bigint, bigint, bigint, bigint];

function oneStep(greater: bigint, lesser: bigint): Steps {
  return [0n, 1n, 1n, -(greater / lesser)];
}

/** The steps that are certain for any low bits; undefined if there are none. */
function predictedSteps(greater: bigint, lesser: bigint): Steps | undefined {
  const lowBits = BigInt(Math.max(0, Math.ceil(Math.log2(Number(greater))) - leadingBits));
  let [high, low] = [Number(greater >> lowBits), Number(lesser >> lowBits)];
  let [a, b, c, d] = [1, 0, 0, 1];
  while (low + c !== 0 && low + d !== 0) {
    const quotient = Math.floor((high + a) / (low + c));
    if (quotient !== Math.floor((high + b) / (low + d))) break;
    [a, c] = [c, a - quotient * c];
    [b, d] = [d, b - quotient * d];
    [high, low] = [low, high - quotient * low];
  }
  return b === 0 ? undefined : [BigInt(a), BigInt(b), BigInt(c), BigInt(d)];
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bytesOfNumber(number: bigint): Uint8Array {
  return Buffer.from(number.toString(16).padStart(64, "0"), "hex");
}

const curveIdentifier = objectIdentifier("1.2.840.10045.3.1.7");

/** id-ecPublicKey on P-256. */
export const keyAlgorithm = sequence(objectIdentifier("1.2.840.10045.2.1"), curveIdentifier);

const keyVersion = smallInteger(1);
const keyCurve = tagged(0)(curveIdentifier);
const keyPoint = tagged(1);

/** ECPrivateKey (RFC 5915): the format that K3s accepts for all of its keys, also `service.key`. */
export function privateKeyPem({ scalar, publicPoint }: SigningKey): string {
  const point = keyPoint(bitString(publicPoint));
  return pem("EC PRIVATE KEY", sequence(keyVersion, octetString(scalar), keyCurve, point));
}
