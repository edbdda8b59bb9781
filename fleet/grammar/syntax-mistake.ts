/**
 * The one mistake that explains the syntax errors of a YAML text. The library yaml reports every token
 * that it could not use after the first error, and often at a later line than the one to change.
 */
import { CST, Lexer, type YAMLParseError } from "yaml";

/** A mistake at an offset of the text. */
export interface TextMistake {
  readonly offset: number;
  readonly message: string;
}

/** The place of an offset in a text; both count from 1. */
export function placeAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

type SyntaxError = Pick<YAMLParseError, "code" | "message" | "pos">;

/** The cause of the first syntax error; undefined if there is no error. */
export function syntaxMistake(
  text: string,
  errors: readonly SyntaxError[],
): TextMistake | undefined {
  const [first] = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (first === undefined) return undefined;
  return (
    oddCharacter(text, first.pos[0]) ??
    unclosed(text, first) ??
    byCode(new Lines(text), first, errors)
  );
}

/** Where a line starts, and what it says. */
interface Line {
  readonly start: number;
  readonly text: string;
}

class Lines {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  at(offset: number): Line {
    const start = this.text.lastIndexOf("\n", offset - 1) + 1;
    const end = this.text.indexOf("\n", start);
    const text = this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, "");
    return { start, text };
  }

  number(offset: number): number {
    return this.text.slice(0, offset).split("\n").length;
  }

  /** The nearest line before `start` that has more than a comment. */
  before(start: number): Line | undefined {
    let line = start > 0 ? this.at(start - 1) : undefined;
    while (line !== undefined && /^\s*(#|$)/.test(line.text)) {
      line = line.start > 0 ? this.at(line.start - 1) : undefined;
    }
    return line;
  }
}

/** Spaces that YAML takes for text. */
export const oddSpaces = /[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]/;
const wideSigns: Readonly<Record<string, string>> = {
  "\uff1a": ":",
  "\uff0c": ",",
  "\uff3b": "[",
  "\uff3d": "]",
  "\uff5b": "{",
  "\uff5d": "}",
};

/** A tab in an indent, an invisible character or a full-width sign on the line or the one before. */
function oddCharacter(text: string, offset: number): TextMistake | undefined {
  const lines = new Lines(text);
  const line = lines.at(offset);
  for (const { start, text: written } of [lines.before(line.start), line].filter(
    (each) => !!each,
  )) {
    const code = written.replace(/(^|\s)#.*$/, "");
    const tab = /^\s*?\t/.exec(code);
    if (tab !== null) {
      const message = "this line is indented with a tab. Use spaces.";
      return { offset: start + tab[0].length - 1, message };
    }
    const space = oddSpaces.exec(code);
    if (space !== null) {
      const name = unicodeName(space[0]);
      const message = `found the invisible character ${name}. Write a normal space, or delete it.`;
      return { offset: start + space.index, message };
    }
    const wide = [...code].findIndex((each) => each in wideSigns);
    const sign = [...code][wide];
    if (sign !== undefined) {
      const message = `found the full-width character "${sign}". Write "${wideSigns[sign]}".`;
      return { offset: start + code.indexOf(sign), message };
    }
  }
  return undefined;
}

/** `U+00A0`. */
export function unicodeName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const closing: Readonly<Record<string, string>> = { "[": "]", "{": "}" };

/** A quote or a bracket that is opened before the error and not closed. */
function unclosed(text: string, error: SyntaxError): TextMistake | undefined {
  const [errorOffset] = error.pos;
  const brackets: { readonly offset: number; readonly sign: string }[] = [];
  let quote: { readonly offset: number; readonly sign: string } | undefined;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (offset > errorOffset) break;
    if (type?.endsWith("quoted-scalar")) {
      const sign = token.slice(0, 1);
      const isOpen = token.length < 2 || !token.endsWith(sign);
      // A text over several lines is rare, and one with keys in it is an unclosed quote.
      if (isOpen || /\n\s*(- )?[\w{}.-]+:(\s|$)/.test(token)) quote ??= { offset, sign };
    }
    if (offset < errorOffset) {
      if (type === "flow-seq-start" || type === "flow-map-start") {
        brackets.push({ offset, sign: token });
      }
      if (type === "flow-seq-end" || type === "flow-map-end") brackets.pop();
    }
    const isMark = type === "doc-mode" || type === "scalar" || type === "flow-error-end";
    offset += isMark ? 0 : token.length;
  }
  if (quote !== undefined) {
    const message = `the quote ${quote.sign} is not closed. Write ${quote.sign} at the end of the text.`;
    return { offset: quote.offset, message };
  }
  const bracket = brackets.at(-1);
  if (bracket === undefined) return undefined;
  const lines = new Lines(text);
  const isElsewhere = lines.number(bracket.offset) !== lines.number(errorOffset);
  if (!isElsewhere && !/end with a/.test(error.message)) return undefined;
  const comma = error.message.startsWith("Missing ,")
    ? `, or "," before line ${lines.number(errorOffset)}`
    : "";
  const message = `the bracket ${bracket.sign} is not closed. Write ${closing[bracket.sign]} at its end${comma}.`;
  return { offset: bracket.offset, message };
}

function byCode(
  lines: Lines,
  { code, message, pos: [offset] }: SyntaxError,
  errors: readonly SyntaxError[],
): TextMistake {
  const line = lines.at(offset);
  const firstColumn = line.start + line.text.search(/\S|$/);
  switch (code) {
    case "BAD_INDENT":
      if (!/same column/.test(message)) break;
      return { offset: firstColumn, message: indentMessage(line) };
    case "BLOCK_AS_IMPLICIT_KEY":
      return nestedMapping(lines, line, offset);
    case "MULTILINE_IMPLICIT_KEY":
      if (line.text.trimStart().startsWith("- ")) return { offset, message: listMessage };
      return { offset, message: notAKey(line.text) };
    case "MISSING_CHAR":
      return missingCharacter(lines, offset, message);
    case "BAD_SCALAR_START":
    case "BAD_ALIAS":
    case "ALIAS_PROPS":
    case "BAD_PROP_ORDER":
    case "MULTIPLE_ANCHORS":
    case "MULTIPLE_TAGS":
      return { offset, message: quotesMessage(lines.text.slice(offset, offset + 1)) };
    case "BAD_DIRECTIVE":
      return { offset, message: quotesMessage("%") };
    case "BAD_DQ_ESCAPE": {
      const escape = lines.text.slice(offset, offset + 2);
      return {
        offset,
        message: `"${escape}" is not a valid escape in double quotes. Write "\\\\" for a backslash, or use single quotes.`,
      };
    }
    case "MULTIPLE_DOCS": {
      const start = lines.text.slice(0, offset + 3).lastIndexOf("\n---") + 1;
      const again = "a second document starts here (---). Write one document in this file.";
      return { offset: start, message: again };
    }
    case "BLOCK_IN_FLOW":
      return { offset, message: 'found no "," between two keys. Write one before the second.' };
    case "UNEXPECTED_TOKEN":
      return unexpected(lines, offset, errors);
  }
  return { offset, message: `invalid YAML: ${message}${message.endsWith(".") ? "" : "."}` };
}

function indentMessage({ text }: Line): string {
  const spaces = text.search(/\S|$/);
  return (
    `this line is indented by ${spaces} space${spaces === 1 ? "" : "s"}, and no line above it that ` +
    "it can belong to is. Align it with the other keys."
  );
}

/** `a: b: c`, or a deeper line after a line that has its value. */
function nestedMapping(lines: Lines, line: Line, offset: number): TextMistake {
  const rest = lines.text.slice(offset, line.start + line.text.length);
  if (/^ *- /.test(rest)) return { offset, message: indentMessage(line) };
  if (/:(\s|$)/.test(rest)) {
    const message = 'this value contains ": ". Write it in quotes, or on a line of its own.';
    return { offset, message };
  }
  const after = lines.text.slice(line.start + line.text.length).search(/\n\s*[^\s#]/);
  const next = line.start + line.text.length + after + 1;
  const start = next + lines.text.slice(next).search(/\S/);
  const message =
    "this line is indented deeper than the line above it, which has a value. Align the two.";
  return { offset: after < 0 ? offset : start, message };
}

/** A line that should be `key: value`. */
function notAKey(text: string): string {
  const written = text.trim().replace(/\s+#.*$/, "");
  const short = JSON.stringify(written.length > 40 ? `${written.slice(0, 39)}…` : written);
  const item = /^-([^\s-].*)$/.exec(written);
  if (item !== null) return `found ${short}. Write a space after the hyphen: - ${item[1]}`;
  const parts = /^(- )?([\w.{}-]+)(?::| *= *)(\S.*)$/.exec(written);
  if (parts !== null) {
    return `found ${short}. Write a space after the colon: ${parts[2]}: ${parts[3]}`;
  }
  return `found ${short}. Write a key, a colon, a space and a value: "key: value".`;
}

const listMessage = "keys and list items are mixed here. Indent the items under their key.";

function missingCharacter(lines: Lines, offset: number, message: string): TextMistake {
  const line = lines.at(offset);
  if (/Comments must/.test(message)) {
    return { offset, message: "found # directly after a value. Write a space before a comment." };
  }
  if (message.startsWith("Tags and anchors")) {
    const start = lines.text.slice(0, offset).search(/[!&][^!&\s]*$/);
    const at = start < 0 ? offset : start;
    return { offset: at, message: quotesMessage(lines.text.slice(at, at + 1)) };
  }
  if (/directives-end/.test(message)) {
    return { offset: 0, message: quotesMessage("%") };
  }
  if (/Implicit map keys|Sequence item/.test(message)) {
    const start = line.start + line.text.search(/\S|$/);
    if (/Sequence/.test(message)) return { offset: start, message: listMessage };
    return { offset, message: notAKey(lines.text.slice(offset, line.start + line.text.length)) };
  }
  if (/^Missing (,|space)/.test(message)) {
    return { offset, message: 'found no "," or ": " before this. Write one.' };
  }
  return { offset, message: `invalid YAML: ${message}.` };
}

function quotesMessage(sign: string): string {
  return `a text that starts with ${sign} must be in quotes: "${sign}…".`;
}

function unexpected(lines: Lines, offset: number, errors: readonly SyntaxError[]): TextMistake {
  const sign = lines.text.slice(offset, offset + 1);
  if (sign === "]" || sign === "}") {
    return { offset, message: `found "${sign}" without its opening bracket. Delete it.` };
  }
  if (sign === "-") {
    const message = "found a list on the line of its key. Start each item on a line of its own.";
    return { offset, message };
  }
  if (sign === ",") return { offset, message: 'found "," where a value is expected. Delete it.' };
  if (errors.some(({ message }) => /Block scalar header/.test(message))) {
    return {
      offset,
      message: "found text after | or >. Write the text on the next line, indented.",
    };
  }
  const line = lines.at(offset);
  const before = lines.text.slice(line.start, offset).trim();
  if (before !== "") {
    const message = "found text after the end of a value. Write the whole value in quotes.";
    return { offset, message };
  }
  // The line before has no key, so that this one cannot follow it.
  const wrong = lines.before(line.start) ?? line;
  return { offset: wrong.start, message: notAKey(wrong.text) };
}
