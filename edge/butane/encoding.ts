/**
 * The text of a Butane file: UTF-8, or UTF-16 with a byte order mark. What is invalid is refused in the
 * words of butane's YAML library (Go's yaml.v3).
 */
import { isUtf8 } from "node:buffer";

/** The text, or butane's error. */
export function butaneText(bytes: Buffer): { text: string } | { error: string } {
  const mark = bytes.subarray(0, 2).toString("hex");
  if (mark === "fffe") return { text: new TextDecoder("utf-16le").decode(bytes) };
  if (mark === "feff")
    return {
      text: Buffer.from(bytes.subarray(2, 2 + ((bytes.length - 2) & ~1)))
        .swap16()
        .toString("utf16le"),
    };
  if (isUtf8(bytes)) return { text: bytes.toString("utf8") };
  return { error: `Error unmarshaling yaml: yaml: ${invalidSequence(bytes)}` };
}

function invalidSequence(bytes: Buffer): string {
  for (let at = 0; at < bytes.length;) {
    const width = widthOf(bytes[at] ?? 0);
    if (width === 0) return "invalid leading UTF-8 octet";
    if (at + width > bytes.length) return "incomplete UTF-8 octet sequence";
    const sequence = bytes.subarray(at, at + width);
    if (sequence.subarray(1).some((byte) => (byte & 0xc0) !== 0x80)) {
      return "invalid trailing UTF-8 octet";
    }
    if (!isUtf8(sequence)) {
      const [first = 0, second = 0] = sequence;
      const isLong =
        width === 2 || (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
      return isLong ? "invalid length of a UTF-8 sequence" : "invalid Unicode character";
    }
    at += width;
  }
  return "invalid Unicode character";
}

function widthOf(first: number): number {
  if (first < 0x80) return 1;
  if ((first & 0xe0) === 0xc0) return 2;
  if ((first & 0xf0) === 0xe0) return 3;
  return (first & 0xf8) === 0xf0 ? 4 : 0;
}
