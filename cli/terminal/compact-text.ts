/**
 * A text without what may be between the characters of a secret: line ends, with the prefix that Git
 * gives to the lines of a server; spaces, quotes, commas, colons, zeros; colours; escapes of JSON and of URLs.
 */

export interface CompactText {
  /** In the letters of base64url. */
  readonly text: string;
  /** Where each of its characters starts and ends in the original text. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const pieces =
  /(?<skipped>\u001b\[[0-9;]*[A-Za-z]|remote: |\\+[nrt]|\\+(?!u[0-9a-fA-F]{4})|0x|[\s"',:|=\u0000]+)|%(?<percent>[0-9a-fA-F]{2})|\\+u(?<unicode>[0-9a-fA-F]{4})/gy;

export function compactText(original: string): CompactText {
  let text = "";
  const starts: number[] = [];
  const ends: number[] = [];
  for (let at = 0; at < original.length;) {
    pieces.lastIndex = at;
    const found = pieces.exec(original);
    const { skipped, percent, unicode } = found?.groups ?? {};
    const end = at + (found?.[0].length ?? 1);
    if (skipped === undefined) {
      const code = percent ?? unicode;
      const character =
        code === undefined ? original[at]! : String.fromCharCode(parseInt(code, 16));
      if (!/\s/.test(character)) {
        text += character === "+" ? "-" : character === "/" ? "_" : character;
        starts.push(at);
        ends.push(end);
      }
    }
    at = end;
  }
  return { text, starts, ends };
}
