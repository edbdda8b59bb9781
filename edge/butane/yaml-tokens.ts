/**
 * Splits YAML text into tokens, as butane's library does: blocks begin and end by indentation, and a
 * scalar becomes a key when its colon is found.
 */
import { mistakeInTagDirective, tagUri } from "./yaml-tags.ts";
import { readBlockScalar, readPlainScalar, readQuotedScalar } from "./yaml-scalars.ts";
import { type Mark, structureError, tokenError, YamlText } from "./yaml-text.ts";

export type TokenType =
  | "end"
  | "document start"
  | "document end"
  | "directive"
  | "block sequence"
  | "block mapping"
  | "block end"
  | "["
  | "]"
  | "{"
  | "}"
  | ","
  | "-"
  | "key"
  | "value"
  | "alias"
  | "anchor"
  | "tag"
  | "scalar";

export interface Token {
  readonly type: TokenType;
  readonly start: Mark;
  /** Its end. */
  readonly end: Mark;
  /** The text of a scalar, anchor, alias, tag or directive. */
  readonly text: string;
  readonly plain: boolean;
}

/** A token that becomes a key if a colon follows on the same line. */
interface SimpleKey {
  readonly required: boolean;
  /** How many flow collections are around it. */
  readonly level: number;
  readonly tokenNumber: number;
  readonly mark: Mark;
}

/** The library reads that far ahead, so it finds mistakes in tokens before those between them. */
const tokensAhead = 3;
const simpleKeyLengthMax = 1_024;
const depthMax = 10_000;

const single: Readonly<Record<string, TokenType>> = { "[": "[", "]": "]", "{": "{", "}": "}" };

export class YamlTokens {
  readonly #source: YamlText;
  readonly #tokens: Token[] = [];
  #head = 0;
  /** How many tokens were taken so far. */
  #taken = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #flowLevel = 0;
  #keyAllowed = true;
  /** One for each level of flow collections. */
  readonly #keys: (SimpleKey | undefined)[] = [undefined];
  readonly #keyOfToken = new Map<number, SimpleKey>();
  /** The start of the last token outside flow collections that might have become a key. */
  #lastKey: Mark | undefined;
  #ended = false;

  constructor(text: string) {
    this.#source = new YamlText(text);
  }

  peek(): Token {
    while (this.#needsMore() && !this.#ended) this.#fetch();
    const token = this.#tokens[this.#head];
    if (token === undefined) throw structureError(undefined, this.#source.mark(), "no more tokens");
    return token;
  }

  take(): Token {
    const token = this.peek();
    this.#head += 1;
    this.#taken += 1;
    if (this.#head > 64) {
      this.#tokens.splice(0, this.#head);
      this.#head = 0;
    }
    return token;
  }

  /** Whether the next token may still become a key. */
  #needsMore(): boolean {
    if (!this.#ended && this.#tokens.length - this.#head < tokensAhead) return true;
    const key = this.#keyOfToken.get(this.#taken);
    return key !== undefined && this.#isValid(key);
  }

  #isValid(key: SimpleKey): boolean {
    const { offset, line } = this.#source;
    if (key.mark.line === line && key.mark.offset + simpleKeyLengthMax >= offset) return true;
    if (key.required) throw this.#missingColon(key);
    this.#setKey(key.level, undefined);
    return false;
  }

  #setKey(level: number, key: SimpleKey | undefined): void {
    const before = this.#keys[level];
    if (before !== undefined) this.#keyOfToken.delete(before.tokenNumber);
    if (key !== undefined) this.#keyOfToken.set(key.tokenNumber, key);
    this.#keys[level] = key;
  }

  #missingColon({ mark }: SimpleKey): Error {
    return tokenError(mark, this.#source.mark(), "could not find expected ':'");
  }

  #fetch(): void {
    const source = this.#source;
    this.#skipToToken();
    this.#unroll(source.column);
    if (source.isEnd()) {
      source.endLine();
      this.#unroll(-1);
      this.#dropKey();
      this.#keyAllowed = false;
      this.#add("end", source.mark());
      this.#ended = true;
      return;
    }
    const character = source.text[source.offset] ?? "";
    if (source.column === 0 && character === "%") return this.#fetchDirective();
    if (source.isDocumentIndicator()) {
      this.#unroll(-1);
      this.#dropKey();
      this.#keyAllowed = false;
      return this.#addSingle(character === "-" ? "document start" : "document end", 3);
    }
    if (character === "[" || character === "{") return this.#openFlow(character);
    if (character === "]" || character === "}") return this.#closeFlow(character);
    if (character === ",") {
      this.#dropKey();
      this.#keyAllowed = true;
      return this.#addSingle(",", 1);
    }
    const inFlow = this.#flowLevel > 0;
    const isIndicator = source.isBlankOrEnd(1);
    if (character === "-" && isIndicator) return this.#fetchEntry();
    if (character === "?" && (inFlow || isIndicator)) return this.#fetchKey();
    if (character === ":" && (inFlow || isIndicator)) return this.#fetchValue();
    this.#fetchContent(character, inFlow);
  }

  #fetchContent(character: string, inFlow: boolean): void {
    const source = this.#source;
    if (character === "*" || character === "&") return this.#fetchAnchor(character);
    if (character === "!") return this.#fetchTag();
    if ((character === "|" || character === ">") && !inFlow) {
      this.#dropKey();
      this.#keyAllowed = true;
      const start = source.mark();
      return this.#add("scalar", start, readBlockScalar(source, this.#indent));
    }
    if (character === "'" || character === '"') {
      this.#saveKey();
      this.#keyAllowed = false;
      const start = source.mark();
      return this.#add("scalar", start, readQuotedScalar(source));
    }
    const startsPlain = !/[ \t\n\r\ufeff\-?:,[\]{}#&*!|>'"%@`]/.test(character);
    const mayStart =
      (character === "-" && !source.isBlank(1)) ||
      (!inFlow && (character === "?" || character === ":") && !source.isBlankOrEnd(1));
    if (!startsPlain && !mayStart) {
      const mark = source.mark();
      throw tokenError(mark, mark, "found character that cannot start any token");
    }
    this.#saveKey();
    this.#keyAllowed = false;
    const start = source.mark();
    const { text, endsLine } = readPlainScalar(source, this.#indent, inFlow);
    this.#add("scalar", start, text, true);
    if (endsLine) this.#keyAllowed = true;
  }

  #skipToToken(): void {
    const source = this.#source;
    for (;;) {
      source.skipBlanks(this.#flowLevel > 0 || !this.#keyAllowed);
      if (source.code() === 0x23) source.takeLine();
      if (!source.isBreak()) return;
      source.takeBreak();
      if (this.#flowLevel === 0) this.#keyAllowed = true;
    }
  }

  #add(type: TokenType, start: Mark, text = "", plain = false): void {
    this.#tokens.push({ type, start, end: this.#source.mark(), text, plain });
  }

  #addSingle(type: TokenType, length: number): void {
    const start = this.#source.mark();
    this.#source.offset += length;
    this.#add(type, start);
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return;
    const required = this.#flowLevel === 0 && this.#indent === this.#source.column;
    this.#dropKey();
    const tokenNumber = this.#taken + this.#tokens.length - this.#head;
    const level = this.#flowLevel;
    const mark = this.#source.mark();
    this.#setKey(level, { required, level, tokenNumber, mark });
    if (level === 0) this.#lastKey = mark;
  }

  #dropKey(): void {
    const key = this.#keys.at(-1);
    if (key?.required) throw this.#missingColon(key);
    if (key !== undefined) this.#setKey(key.level, undefined);
  }

  /** Begins a deeper block: inserts its token before the one with the number, or at the end. */
  #roll(column: number, type: TokenType, mark: Mark, tokenNumber?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    this.#requireDepth(this.#indents.length, this.#lastKey);
    this.#insert({ type, start: mark, end: mark, text: "", plain: false }, tokenNumber);
  }

  #requireDepth(depth: number, context: Mark | undefined): void {
    if (depth <= depthMax) return;
    throw tokenError(context, this.#source.mark(), `exceeded max depth of ${depthMax}`);
  }

  #insert(token: Token, tokenNumber: number | undefined): void {
    if (tokenNumber === undefined) this.#tokens.push(token);
    else this.#tokens.splice(this.#head + tokenNumber - this.#taken, 0, token);
  }

  #unroll(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      this.#add("block end", this.#source.mark());
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #openFlow(character: string): void {
    this.#saveKey();
    this.#keys.push(undefined);
    this.#flowLevel += 1;
    this.#requireDepth(this.#flowLevel, this.#source.mark());
    this.#keyAllowed = true;
    this.#addSingle(single[character] ?? "[", 1);
  }

  #closeFlow(character: string): void {
    this.#dropKey();
    if (this.#flowLevel > 0) {
      this.#flowLevel -= 1;
      this.#keys.pop();
    }
    this.#keyAllowed = false;
    this.#addSingle(single[character] ?? "]", 1);
  }

  #fetchEntry(): void {
    const mark = this.#source.mark();
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) {
        const message = "block sequence entries are not allowed in this context";
        throw tokenError(mark, mark, message);
      }
      this.#roll(mark.column, "block sequence", mark);
    }
    this.#dropKey();
    this.#keyAllowed = true;
    this.#addSingle("-", 1);
  }

  #fetchKey(): void {
    const mark = this.#source.mark();
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) {
        throw tokenError(mark, mark, "mapping keys are not allowed in this context");
      }
      this.#roll(mark.column, "block mapping", mark);
    }
    this.#dropKey();
    this.#keyAllowed = this.#flowLevel === 0;
    this.#addSingle("key", 1);
  }

  #fetchValue(): void {
    const key = this.#keys.at(-1);
    if (key !== undefined && this.#isValid(key)) {
      const { mark, tokenNumber } = key;
      const token: Token = { type: "key", start: mark, end: mark, text: "", plain: false };
      this.#insert(token, tokenNumber);
      this.#roll(mark.column, "block mapping", mark, tokenNumber);
      this.#setKey(key.level, undefined);
      this.#keyAllowed = false;
    } else {
      const mark = this.#source.mark();
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed) {
          throw tokenError(mark, mark, "mapping values are not allowed in this context");
        }
        this.#roll(mark.column, "block mapping", mark);
      }
      this.#keyAllowed = this.#flowLevel === 0;
    }
    this.#addSingle("value", 1);
  }

  #fetchAnchor(character: string): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#source.mark();
    const rest = this.#source.text.slice(start.offset + 1);
    const name = /^[0-9A-Za-z_-]*/.exec(rest)?.[0] ?? "";
    this.#source.offset += 1 + name.length;
    const isEnded = this.#source.isBlankOrEnd() || /^[?:,\]}%@`]/.test(rest.slice(name.length));
    if (name === "" || !isEnded) {
      const message = "did not find expected alphabetic or numeric character";
      throw tokenError(start, this.#source.mark(), message);
    }
    this.#add(character === "*" ? "alias" : "anchor", start, name);
  }

  /** The handle, a space and what follows it: `!! str`. */
  #fetchTag(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#source.mark();
    let handle = "";
    let suffix: string;
    if (this.#source.code(1) === 0x3c /* < */) {
      this.#source.offset += 2;
      suffix = this.#tagUri(start);
      if (this.#source.code() !== 0x3e /* > */) {
        throw tokenError(start, this.#source.mark(), "did not find the expected '>'");
      }
      this.#source.offset += 1;
    } else {
      handle = /^![0-9A-Za-z_-]*!?/.exec(this.#source.text.slice(start.offset))?.[0] ?? "!";
      this.#source.offset += handle.length;
      if (handle.length > 1 && handle.endsWith("!")) suffix = this.#tagUri(start);
      else {
        suffix = handle.slice(1) + this.#tagUri(start, true);
        handle = suffix === "" ? "" : "!";
        suffix ||= "!";
      }
    }
    if (!this.#source.isBlankOrEnd()) {
      const message = "did not find expected whitespace or line break";
      throw tokenError(start, this.#source.mark(), message);
    }
    this.#add("tag", start, `${handle} ${suffix}`);
  }

  /** With its escapes resolved. */
  #tagUri(start: Mark, mayBeEmpty = false): string {
    const rest = this.#source.text.slice(this.#source.offset);
    const written = tagUri.exec(rest)?.[0] ?? "";
    if (written === "" && !mayBeEmpty) {
      throw tokenError(start, this.#source.mark(), "did not find expected tag URI");
    }
    if (/%(?![0-9a-fA-F]{2})/.test(written)) {
      throw tokenError(start, this.#source.mark(), "did not find URI escaped octet");
    }
    this.#source.offset += written.length;
    try {
      return decodeURIComponent(written);
    } catch {
      throw tokenError(start, this.#source.mark(), "found an incorrect leading UTF-8 octet");
    }
  }

  #fetchDirective(): void {
    this.#unroll(-1);
    this.#dropKey();
    this.#keyAllowed = false;
    const start = this.#source.mark();
    const line = this.#source.takeLine();
    const [, name = "", next = ""] = /^%([0-9A-Za-z_-]*)(.?)/.exec(line) ?? [];
    if (name === "") throw tokenError(start, start, "could not find expected directive name");
    if (/\S/.test(next)) {
      throw tokenError(start, start, "found unexpected non-alphabetical character");
    }
    if (name !== "YAML" && name !== "TAG") {
      throw tokenError(start, start, "found unknown directive name");
    }
    if (name === "TAG") {
      const mistake = mistakeInTagDirective(line.slice("%TAG".length));
      if (mistake !== undefined) throw tokenError(start, start, mistake);
    }
    this.#add("directive", start, line.replace(/\s+#.*$/, "").trimEnd());
  }
}
