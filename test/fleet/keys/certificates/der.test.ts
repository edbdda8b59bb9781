/** What is put together here is what asn1js writes of its own trees of objects. */
import { BitString, Constructed, Integer, OctetString, Primitive } from "asn1js";
import { Sequence, Set as DerSet, Utf8String } from "asn1js";
import { expect, test } from "vitest";
import {
  bitString,
  octetString,
  positiveInteger,
  sequence,
  set,
  tagged,
  taggedBytes,
  text,
} from "../../../../fleet/keys/certificates/der.ts";

/** Around each length at which the header gets longer, and twice: the second is from memory. */
const lengths = [0, 1, 2, 16, 126, 127, 128, 255, 256, 257, 65_535, 65_536, 127, 256];

const explicit = tagged(3);
const implicit = taggedBytes(2);

test.each(lengths)("contents of %i bytes", (length) => {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + 1) & 0x7f);
  const valueHex = bytes.buffer;
  const value = Buffer.from(bytes).toString("ascii");
  const item = new OctetString({ valueHex });
  const idBlock = (tagNumber: number) => ({ tagClass: 3, tagNumber });
  const pairs = [
    [octetString(bytes), item],
    [bitString(bytes), new BitString({ valueHex })],
    [text(value), new Utf8String({ value })],
    [implicit(bytes), new Primitive({ idBlock: idBlock(2), valueHex })],
    [sequence(octetString(bytes), text("x")), new Sequence({ value: [item, ofText("x")] })],
    [set(octetString(bytes)), new DerSet({ value: [item] })],
    [explicit(octetString(bytes)), new Constructed({ idBlock: idBlock(3), value: [item] })],
  ] as const;
  for (const [ours, theirs] of pairs) expect(hex(ours)).toBe(hex(new Uint8Array(theirs.toBER())));
});

test.each([
  ["00", "00"],
  ["0001", "01"],
  ["7f", "7f"],
  ["80", "0080"],
  ["00ff01", "00ff01"],
])("the number %s", (magnitude, contents) => {
  const theirs = new Integer({ valueHex: new Uint8Array(Buffer.from(contents, "hex")).buffer });
  const ours = positiveInteger(Buffer.from(magnitude, "hex"));
  expect(hex(ours)).toBe(hex(new Uint8Array(theirs.toBER())));
});

test("text that is not ASCII", () => {
  expect(hex(text("Überbau"))).toBe(hex(new Uint8Array(ofText("Überbau").toBER())));
});

function ofText(value: string): Utf8String {
  return new Utf8String({ value });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
