/**
 * Messages quote what was found. Of a long value they quote the start and its length: nobody reads a
 * megabyte, and the end of the message says what to write.
 */

/** A quoted text or a word that is longer is shortened. */
const pieceLengthMax = 200;
const startLength = 100;
/** The limit of a text with many pieces, as a list of thousands of names. */
const textLengthMax = 4_000;

/**
 * The text with the start of each long piece.
 *
 * @param mask removes secrets, of which a cut could leave a part that nobody recognizes
 */
export function shortened(text: string, mask = (part: string) => part): string {
  if (text.length <= pieceLengthMax) return text;
  let result = "";
  for (let at = 0, end = 0; at < text.length; at = end) {
    const isQuoted = text[at] === '"';
    end = isQuoted ? quoteEnd(text, at) : wordEnd(text, at);
    const piece = text.slice(at, end);
    if (piece.length <= pieceLengthMax) result += piece;
    else if (isQuoted) result += `"${startOf(piece.slice(1, -1), startLength, mask, '"')}`;
    else result += startOf(piece, startLength, mask);
  }
  return result.length <= textLengthMax ? result : startOf(result, textLengthMax, mask);
}

/** The start of a path of keys, which may have spaces. */
export function shortenedPath(path: string, mask = (part: string) => part): string {
  return path.length > 2 * pieceLengthMax ? startOf(path, pieceLengthMax, mask) : path;
}

/** Past the quote that closes the one at `start`. */
function quoteEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, text.length);
}

/** The end of a word with the space before it; a quote starts a piece of its own. */
function wordEnd(text: string, start: number): number {
  const end = /[\s"]/g;
  end.lastIndex = start + 1;
  return end.exec(text)?.index ?? text.length;
}

function startOf(text: string, length: number, mask: (part: string) => string, quote = ""): string {
  // The part of a secret at the first cut is behind the second one.
  const masked = mask(text.slice(0, length + 1_000));
  // Half of a character is not text.
  const start = masked.slice(0, length).replace(/[\ud800-\udbff]$/, "");
  return `${start}…${quote} (${text.length} characters)`;
}
