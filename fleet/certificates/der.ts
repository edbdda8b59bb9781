/**
 * The few ASN.1 types that certificates and EC keys are made of, as nouns over asn1js, which does the
 * encoding (X.690, DER). Knows no meaning: see certificate.ts.
 *
 * A value that is the same in every certificate is encoded once, by `encoded`.
 */
import {
  BitString,
  Boolean as DerBoolean,
  Constructed,
  GeneralizedTime,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Set as DerSet,
  UTCTime,
  Utf8String,
  type ViewWriter,
} from "asn1js";

export interface DerValue {
  toBER(sizeOnly?: boolean, writer?: ViewWriter): ArrayBuffer;
}

export function bytesOf(value: DerValue): Uint8Array<ArrayBuffer> {
  return new Uint8Array(value.toBER());
}

/** The value with its bytes already made. */
export function encoded(value: DerValue): DerValue {
  return ready(value.toBER());
}

/**
 * `make`, which remembers the last few values: what one certificate says, the next ones often say
 * again, and a device's are made one after the other.
 */
export function repeated(make: (said: string) => DerValue): (said: string) => DerValue {
  const recent = new Map<string, DerValue>();
  return (said) => {
    const known = recent.get(said);
    if (known !== undefined) return known;
    const value = encoded(make(said));
    if (recent.size >= 16) recent.clear();
    recent.set(said, value);
    return value;
  };
}

/** A value that stands in DER already. */
export function raw(der: Uint8Array): DerValue {
  return ready(bufferOf(der));
}

/** asn1js' own RawData is lost inside of another value: it ignores the writer. */
function ready(buffer: ArrayBuffer): DerValue {
  return {
    toBER(_sizeOnly, writer) {
      writer?.write(buffer);
      return buffer;
    },
  };
}

type Items = NonNullable<NonNullable<ConstructorParameters<typeof Sequence>[0]>["value"]>;

export function sequence(...items: readonly DerValue[]): DerValue {
  return new Sequence({ value: items as Items });
}

export function set(...items: readonly DerValue[]): DerValue {
  return new DerSet({ value: items as Items });
}

/** `[tag]` around whole values: EXPLICIT, or IMPLICIT of a SEQUENCE or SET. */
export function tagged(tag: number, ...items: readonly DerValue[]): DerValue {
  return new Constructed({ idBlock: contextClass(tag), value: items as Items });
}

/** `[tag]` IMPLICIT of a type that holds bytes. */
export function taggedBytes(tag: number, bytes: Uint8Array): DerValue {
  return new Primitive({ idBlock: contextClass(tag), valueHex: bufferOf(bytes) });
}

function contextClass(tagNumber: number) {
  return { tagClass: 3, tagNumber };
}

export function objectIdentifier(value: string): DerValue {
  return new ObjectIdentifier({ value });
}

export function trueValue(): DerValue {
  return new DerBoolean({ value: true });
}

export function smallInteger(value: number): DerValue {
  return new Integer({ value });
}

/** `bytes`: the number's magnitude, the first byte first. */
export function positiveInteger(bytes: Uint8Array): DerValue {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  // The highest bit is the sign.
  const isHigh = (bytes[start] ?? 0) > 0x7f;
  const signed = new Uint8Array(bytes.length - start + Number(isHigh));
  signed.set(bytes.subarray(start), Number(isHigh));
  return new Integer({ valueHex: signed.buffer });
}

export function octetString(bytes: Uint8Array): DerValue {
  return new OctetString({ valueHex: bufferOf(bytes) });
}

/** `unusedBits`: how many of the last byte's low bits are no part of it. */
export function bitString(bytes: Uint8Array, unusedBits = 0): DerValue {
  return new BitString({ valueHex: bufferOf(bytes), unusedBits });
}

export function text(value: string): DerValue {
  return new Utf8String({ value });
}

/** RFC 5280, section 4.1.2.5: two digits of the year through 2049, four from 2050. */
export function time(valueDate: Date): DerValue {
  const Time = valueDate.getUTCFullYear() < 2050 ? UTCTime : GeneralizedTime;
  return new Time({ valueDate });
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
