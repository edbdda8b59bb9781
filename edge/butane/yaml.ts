/**
 * Parses YAML text to a tree of nodes with positions, exactly as butane does, for its errors. Scalars
 * are not interpreted here: see scalars.ts. If there are several documents, only the first is read.
 * Only Butane is read with this parser; everything else uses the package yaml.
 */
import { type Entry, type Node, valuesMax } from "./node.ts";
import { unescapedUri } from "./yaml-tags.ts";
import { type Mark, structureError, tokenError, YamlError } from "./yaml-text.ts";
import { type Token, type TokenType, YamlTokens } from "./yaml-tokens.ts";

export { YamlError } from "./yaml-text.ts";

/** The tree of the text, or undefined if it is empty. */
export function parseYaml(text: string): Node | undefined {
  return new Parser(text).document();
}

const defaultHandles: ReadonlyMap<string, string> = new Map([
  ["", ""],
  ["!", "!"],
  ["!!", "tag:yaml.org,2002:"],
]);

interface Properties {
  readonly start: Mark;
  readonly anchor: string | undefined;
  /** In its short form, `!!str`; undefined for `!`, which says nothing. */
  readonly tag: string | undefined;
  readonly tagged: boolean;
}

/** A collection that is being read: it asks for each node in it, and gets it finished. */
interface Reading<Result = Node> extends Generator<Begun, Result, Node> {}

/** A scalar is finished at once. */
type Begun = Node | Reading;

/** The finished node. The open collections are in a list, because there may be 10,000 levels of them. */
function finished(begun: Begun): Node {
  const open: Reading[] = [];
  let at = begun;
  for (;;) {
    if (!("kind" in at)) open.push(at);
    const reading = open.at(-1);
    if (reading === undefined) return at as Node;
    // The call that starts a collection ignores its argument.
    const { done, value } = reading.next(at as Node);
    if (done) open.pop();
    at = value;
  }
}

class Parser {
  readonly #tokens: YamlTokens;
  /** Tag handles of the document, with what they stand for. */
  readonly #handles = new Map<string, string>();
  readonly #anchors = new Map<string, { node?: Node }>();
  #values = 0;

  constructor(text: string) {
    this.#tokens = new YamlTokens(text);
  }

  document(): Node | undefined {
    let directives = 0;
    let hasVersion = false;
    while (this.#is("directive")) {
      const { text, start } = this.#tokens.take();
      directives += 1;
      const [, handle, prefix] = /^%TAG\s+(\S+)\s+(\S+)$/.exec(text) ?? [];
      if (handle !== undefined && prefix !== undefined) {
        if (this.#handles.has(handle)) {
          throw structureError(undefined, start, "found duplicate %TAG directive");
        }
        this.#handles.set(handle, unescapedUri(prefix));
        continue;
      }
      if (hasVersion) throw structureError(undefined, start, "found duplicate %YAML directive");
      hasVersion = true;
      if (!/^%YAML\s+1\.1$/.test(text)) {
        throw structureError(undefined, start, "found incompatible YAML document");
      }
    }
    if (this.#is("document start")) this.#tokens.take();
    else if (directives > 0) {
      const { start } = this.#tokens.peek();
      throw structureError(undefined, start, "did not find expected <document start>");
    }
    if (this.#is("end")) return undefined;
    const root = this.#is("document end")
      ? this.#nothing(this.#tokens.peek().start)
      : finished(this.#node(true));
    // What follows is another document, which is not used, but must consist of valid tokens.
    this.#tokens.peek();
    return root;
  }

  #is(type: TokenType): boolean {
    return this.#tokens.peek().type === type;
  }

  /** Whether a key, a value or an item of a block is empty. */
  #isPartEmpty(): boolean {
    const { type } = this.#tokens.peek();
    return type === "key" || type === "value" || type === "block end";
  }

  #nothing(place: Mark): Node {
    this.#count(place);
    return { kind: "scalar", text: "", plain: true, offset: place.offset };
  }

  #count(place: Mark): void {
    this.#values += 1;
    if (this.#values <= valuesMax) return;
    throw tokenError(undefined, place, `document contains more than ${valuesMax} values`);
  }

  #node(inBlock: boolean, indentless = false): Begun {
    const first = this.#tokens.peek();
    this.#count(first.start);
    if (first.type === "alias") return this.#alias(this.#tokens.take());
    const { start, anchor, tag, tagged } = this.#properties(first.start);
    const holder: { node?: Node } = {};
    if (anchor !== undefined) this.#anchors.set(anchor, holder);
    const { offset } = start;
    const token = this.#tokens.peek();
    if (token.type === "scalar") {
      this.#tokens.take();
      const { text, plain } = token;
      return (holder.node = { kind: "scalar", text, plain, tag, offset });
    }
    const isIndentless = indentless && token.type === "-";
    if (isIndentless || token.type === "[" || (inBlock && token.type === "block sequence")) {
      const items: Node[] = [];
      const list: Node = (holder.node = { kind: "list", items, tag, offset });
      if (isIndentless) return this.#indentlessItems(list, items);
      return token.type === "[" ? this.#flowItems(list, items) : this.#blockItems(list, items);
    }
    if (token.type === "{" || (inBlock && token.type === "block mapping")) {
      const entries: Entry[] = [];
      const mapping: Node = (holder.node = { kind: "mapping", entries, tag, offset });
      return token.type === "{"
        ? this.#flowEntries(mapping, entries)
        : this.#blockEntries(mapping, entries);
    }
    if (anchor === undefined && !tagged) {
      throw structureError(start, token.start, "did not find expected node content");
    }
    return (holder.node = { kind: "scalar", text: "", plain: true, tag, offset });
  }

  #properties(start: Mark): Properties {
    let anchor: string | undefined;
    let token: Token | undefined;
    for (let turn = 0; turn < 2; turn += 1) {
      if (anchor === undefined && this.#is("anchor")) anchor = this.#tokens.take().text;
      else if (token === undefined && this.#is("tag")) token = this.#tokens.take();
    }
    const tag = token && this.#shortTag(start, token);
    return { start, anchor, tag: tag === "!" ? undefined : tag, tagged: token !== undefined };
  }

  #shortTag(start: Mark, { text, start: mark }: Token): string {
    const [handle = "", ...suffix] = text.split(" ");
    const prefix = this.#handles.get(handle) ?? defaultHandles.get(handle);
    if (prefix === undefined) throw structureError(start, mark, "found undefined tag handle");
    return (prefix + suffix.join(" ")).replace(/^tag:yaml\.org,2002:/, "!!");
  }

  #alias({ text, start: { offset } }: Token): Node {
    const holder = this.#anchors.get(text);
    if (holder === undefined) throw new YamlError(`unknown anchor '${text}' referenced`);
    const target = () => holder.node ?? { kind: "scalar" as const, text: "", plain: true };
    return { kind: "alias", name: text, target, offset };
  }

  *#blockItems(list: Node, items: Node[]): Reading {
    const { start } = this.#tokens.take();
    while (this.#is("-")) {
      const { end } = this.#tokens.take();
      const isEmpty = this.#is("-") || this.#is("block end");
      items.push(isEmpty ? this.#nothing(end) : yield this.#node(true));
    }
    const token = this.#tokens.peek();
    if (token.type !== "block end") {
      throw structureError(start, token.start, "did not find expected '-' indicator");
    }
    this.#tokens.take();
    return list;
  }

  /** Items in the column of their key. */
  *#indentlessItems(list: Node, items: Node[]): Reading {
    while (this.#is("-")) {
      const { end } = this.#tokens.take();
      const isEmpty = this.#is("-") || this.#isPartEmpty();
      items.push(isEmpty ? this.#nothing(end) : yield this.#node(true));
    }
    return list;
  }

  *#blockEntries(mapping: Node, entries: Entry[]): Reading {
    const { start } = this.#tokens.take();
    for (;;) {
      const token = this.#tokens.peek();
      if (token.type !== "key") {
        if (token.type !== "block end") {
          throw structureError(start, token.start, "did not find expected key");
        }
        this.#tokens.take();
        return mapping;
      }
      const key = yield this.#part(true);
      const value = this.#is("value")
        ? yield this.#part(true)
        : this.#nothing(this.#tokens.peek().start);
      entries.push({ key, value });
    }
  }

  /** A key or a value in a block, after its indicator. */
  #part(indentless: boolean): Begun {
    const { end } = this.#tokens.take();
    return this.#isPartEmpty() ? this.#nothing(end) : this.#node(true, indentless);
  }

  *#flowItems(list: Node, items: Node[]): Reading {
    const { start } = this.#tokens.take();
    while (!this.#is("]")) {
      if (items.length > 0) {
        this.#separate(start, "]");
        if (this.#is("]")) break;
      }
      items.push(this.#is("key") ? yield* this.#pair() : yield this.#node(false));
    }
    this.#tokens.take();
    return list;
  }

  /** `a: b` as an item of a list is a mapping. */
  *#pair(): Reading {
    const { start } = this.#tokens.peek();
    this.#count(start);
    const entry = yield* this.#flowEntry("]");
    return { kind: "mapping", entries: [entry], offset: start.offset };
  }

  *#flowEntry(close: TokenType): Reading<Entry> {
    const { end } = this.#tokens.take();
    const hasKey = !this.#is("value") && !this.#is(close) && !this.#is(",");
    const key = hasKey ? yield this.#node(false) : this.#nothing(end);
    if (!this.#is("value")) return { key, value: this.#nothing(this.#tokens.peek().start) };
    const { end: valueEnd } = this.#tokens.take();
    const isEmpty = this.#is(close) || this.#is(",");
    return { key, value: isEmpty ? this.#nothing(valueEnd) : yield this.#node(false) };
  }

  *#flowEntries(mapping: Node, entries: Entry[]): Reading {
    const { start } = this.#tokens.take();
    while (!this.#is("}")) {
      if (entries.length > 0) {
        this.#separate(start, "}");
        if (this.#is("}")) break;
      }
      if (this.#is("key")) entries.push(yield* this.#flowEntry("}"));
      else {
        const key = yield this.#node(false);
        entries.push({ key, value: this.#nothing(this.#tokens.peek().start) });
      }
    }
    this.#tokens.take();
    return mapping;
  }

  #separate(start: Mark, close: string): void {
    const token = this.#tokens.peek();
    if (token.type !== ",") {
      throw structureError(start, token.start, `did not find expected ',' or '${close}'`);
    }
    this.#tokens.take();
  }
}
