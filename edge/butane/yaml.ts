/**
 * Butane's YAML text as a tree of nodes with their places.
 *
 * Not supported, and said so: merge keys (`<<`), several documents. Scalars are not interpreted
 * here (failsafe schema): see scalars.ts.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node as YamlNode,
  parseDocument,
  Scalar as YamlScalar,
} from "yaml";
import type { Entry, Node, Place } from "./node.ts";
import type { Report } from "./report.ts";

/** The tree of the text, or undefined where the report says why there is none. */
export function parseYaml(text: string, report: Report): Node | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: "failsafe",
    lineCounter: lines,
    prettyErrors: false,
  });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    const start = offset - (col - 1);
    return { line, column: Array.from(text.slice(start, offset)).length + 1 };
  };
  for (const { message, pos } of document.errors) {
    report.add("error", [], message, placeOf(pos[0]));
  }
  if (document.errors.length > 0) return undefined;
  if (document.contents === null) {
    report.add("error", [], "the file is empty: write `variant: fcos` and a `version`");
    return undefined;
  }
  return new Reader(document, placeOf, report).node(document.contents);
}

class Reader {
  readonly #document: Document;
  readonly #placeOf: (offset: number) => Place;
  readonly #report: Report;
  /** Nodes that are being read, so that an alias inside its own anchor is found. */
  readonly #open = new Set<YamlNode>();

  constructor(document: Document, placeOf: (offset: number) => Place, report: Report) {
    this.#document = document;
    this.#placeOf = placeOf;
    this.#report = report;
  }

  node(source: YamlNode): Node | undefined {
    const place = source.range ? this.#placeOf(source.range[0]) : undefined;
    if (isScalar(source)) {
      const plain = source.type === YamlScalar.PLAIN || source.type === undefined;
      return { kind: "scalar", text: String(source.value ?? ""), plain, place };
    }
    if (this.#open.has(source)) {
      this.#report.add("error", [], "an alias points into its own anchor", place);
      return undefined;
    }
    this.#open.add(source);
    const node = this.#collection(source, place);
    this.#open.delete(source);
    return node;
  }

  #collection(source: YamlNode, place: Place | undefined): Node | undefined {
    if (isAlias(source)) {
      const target = source.resolve(this.#document);
      return target === undefined ? undefined : this.node(target);
    }
    if (isSeq<YamlNode>(source)) {
      const items = source.items
        .map((item) => this.node(item))
        .filter((item) => item !== undefined);
      return { kind: "list", items, place };
    }
    if (!isMap<YamlNode, YamlNode | null>(source)) return undefined;
    const entries = new Map<string, Entry>();
    for (const { key, value } of source.items) {
      const keyPlace = key.range ? this.#placeOf(key.range[0]) : undefined;
      const name = isScalar(key) ? String(key.value) : undefined;
      if (name === undefined || name === "<<") {
        const message = "keys are plain words; merge keys (`<<`) are not supported, write them out";
        this.#report.add("error", [], message, keyPlace);
        continue;
      }
      const child = value === null ? undefined : this.node(value);
      const nothing: Node = { kind: "scalar", text: "", plain: true, place: keyPlace };
      entries.set(name, { value: child ?? nothing, place: keyPlace });
    }
    return { kind: "mapping", entries, place };
  }
}
