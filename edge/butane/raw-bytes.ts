/**
 * Texts that are not UTF-8. A string of Go can have any bytes, and `!!binary` makes such strings. Here, each
 * byte that is not part of UTF-8 becomes a surrogate from U+DC80 to U+DCFF, which no YAML text can contain.
 * Contents keep their bytes, and JSON gets the replacement character for each, as Go's encoder writes it.
 */
import { isUtf8 } from "node:buffer";

const escape = 0xdc00;
const escaped = /[\u{dc80}-\u{dcff}]/u;

export function textOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(bytes.toString("utf8", start, at), String.fromCharCode(escape + (bytes[at] ?? 0)));
    at += 1;
    start = at;
  }
  return [...parts, bytes.toString("utf8", start)].join("");
}

/** The length of the UTF-8 character at the position, in bytes; 0 if there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const part = bytes.subarray(at, at + length);
  return first >= 0xc2 && part.length === length && isUtf8(part) ? length : 0;
}

/** Whether a text has bytes that are not UTF-8. */
export function hasRawBytes(text: string): boolean {
  return escaped.test(text);
}

export function bytesOfText(text: string): Buffer {
  if (!hasRawBytes(text)) return Buffer.from(text, "utf8");
  const parts = text.split(/([\u{dc80}-\u{dcff}])/u);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - escape) : Buffer.from(part, "utf8"),
    ),
  );
}
