/**
 * The ASN.1 types of certificates and EC keys, over asn1js, which does the encoding (X.690, DER).
 * What they mean is in certificate.ts.
 *
 * A value is its bytes. The header of a value depends only on the length of its contents: asn1js
 * writes it once for each type and length, and after that bytes are concatenated. A tree of asn1js'
 * objects for each of a device's certificates took two milliseconds.
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

/** One value in DER: type, length and contents. */
export type DerValue = Uint8Array;

/** The part of asn1js' objects that is used here. */
interface Encodable {
  toBER(): ArrayBuffer;
}

function bytesOf(value: Encodable): DerValue {
  return new Uint8Array(value.toBER());
}

/**
 * `make` with a cache of the last few values: consecutive certificates often have the same values,
 * and a device's certificates are made one after the other.
 */
export function repeated(make: (input: string) => DerValue): (input: string) => DerValue {
  const recent = new Map<string, DerValue>();
  return (input) => {
    const known = recent.get(input);
    if (known !== undefined) return known;
    const value = make(input);
    if (recent.size >= 16) recent.clear();
    recent.set(input, value);
    return value;
  };
}

/**
 * Values of one type. `make` returns a value of this type with contents of the given length; the
 * header that asn1js writes for it is cached.
 */
function typeOf(
  make: (contents: ArrayBuffer) => Encodable,
): (...contents: readonly Uint8Array[]) => DerValue {
  const headers = new Map<number, Uint8Array>();
  return (...contents) => {
    let length = 0;
    for (const part of contents) length += part.length;
    let header = headers.get(length);
    if (header === undefined) {
      const whole = bytesOf(make(new ArrayBuffer(length)));
      header = whole.subarray(0, whole.length - length);
      headers.set(length, header);
    }
    return Buffer.concat([header, ...contents], header.length + length);
  };
}

type Items = NonNullable<NonNullable<ConstructorParameters<typeof Sequence>[0]>["value"]>;

/**
 * Bytes in place of whole values. asn1js' own RawData does not work here: it ignores the writer.
 */
function items(buffer: ArrayBuffer): Items {
  const item = {
    toBER(_sizeOnly?: boolean, writer?: ViewWriter) {
      writer?.write(buffer);
      return buffer;
    },
  };
  return [item] as unknown as Items;
}

/** Each item is a value. */
export const sequence = typeOf((contents) => new Sequence({ value: items(contents) }));
export const set = typeOf((contents) => new DerSet({ value: items(contents) }));

/** `[tag]` around whole values: EXPLICIT, or IMPLICIT of a SEQUENCE or SET. */
export function tagged(tag: number): (...items: readonly DerValue[]) => DerValue {
  const idBlock = contextClass(tag);
  return typeOf((contents) => new Constructed({ idBlock, value: items(contents) }));
}

/** `[tag]` IMPLICIT of a type that holds bytes. */
export function taggedBytes(tag: number): (bytes: Uint8Array) => DerValue {
  return typeOf((valueHex) => new Primitive({ idBlock: contextClass(tag), valueHex }));
}

function contextClass(tagNumber: number) {
  return { tagClass: 3, tagNumber };
}

export function objectIdentifier(value: string): DerValue {
  return bytesOf(new ObjectIdentifier({ value }));
}

export const trueValue = bytesOf(new DerBoolean({ value: true }));

export function smallInteger(value: number): DerValue {
  return bytesOf(new Integer({ value }));
}

const integer = typeOf((valueHex) => new Integer({ valueHex }));
const zeroByte = new Uint8Array(1);

/** `bytes`: the number's magnitude, the first byte first. */
export function positiveInteger(bytes: Uint8Array): DerValue {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const magnitude = bytes.subarray(start);
  // The highest bit is the sign.
  return (magnitude[0] ?? 0) > 0x7f ? integer(zeroByte, magnitude) : integer(magnitude);
}

export const octetString: (bytes: Uint8Array) => DerValue = typeOf(
  (valueHex) => new OctetString({ valueHex }),
);

/** A bit string of whole bytes. */
export const bitString: (bytes: Uint8Array) => DerValue = typeOf(
  (valueHex) => new BitString({ valueHex }),
);

/** `unusedBits`: number of low bits of the byte that are not part of the value. */
export function fewBits(byte: number, unusedBits: number): DerValue {
  return bytesOf(new BitString({ valueHex: Uint8Array.of(byte).buffer, unusedBits }));
}

const utf8String = typeOf(({ byteLength }) => new Utf8String({ value: "-".repeat(byteLength) }));

export function text(value: string): DerValue {
  return utf8String(Buffer.from(value));
}

/** RFC 5280, section 4.1.2.5: two digits of the year through 2049, four from 2050. */
export function time(valueDate: Date): DerValue {
  const Time = valueDate.getUTCFullYear() < 2050 ? UTCTime : GeneralizedTime;
  return bytesOf(new Time({ valueDate }));
}
