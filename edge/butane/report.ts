/**
 * The findings of a translation, each with its position in the source.
 */
import type { Kind } from "./checks.ts";
import { deepestNode, type Node, type Path, type Place } from "./node.ts";

export type { Kind } from "./checks.ts";

export interface ReportEntry {
  readonly kind: Kind;
  /** `$.storage.files.0.path`; `$` is the whole configuration. */
  readonly path: string;
  /** Absent for a configuration in memory. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export interface Finding {
  readonly kind: Kind;
  /** The path in the source. */
  readonly path: Path;
  readonly message: string;
  /** For findings without a node at their path, such as an unused key. */
  readonly node?: Node;
}

/** How many findings of a kind are reported, and how long they may be in total. */
const findingsMax = 1_000;
const lengthMax = 2 ** 20;

/** The findings of a kind that are not reported. */
interface Rest {
  reported: number;
  length: number;
  left: number;
}

/** Collects findings. Their positions are found at the end. */
export class Report {
  readonly #findings: Finding[] = [];
  readonly #rests = new Map<Kind, Rest>();

  add(kind: Kind, path: Path, message: string, node?: Node): void {
    let rest = this.#rests.get(kind);
    if (rest === undefined) this.#rests.set(kind, (rest = { reported: 0, length: 0, left: 0 }));
    if (rest.reported >= findingsMax || rest.length >= lengthMax) {
      rest.left += 1;
      return;
    }
    rest.reported += 1;
    rest.length += message.length;
    this.#findings.push({ kind, path, message, ...(node && { node }) });
  }

  get hasErrors(): boolean {
    return this.#rests.has("error");
  }

  entries(root: Node, placeOf: (node: Node) => Place | undefined): readonly ReportEntry[] {
    const entries: ReportEntry[] = this.#findings.map(({ kind, path, message, node }) => ({
      kind,
      path: ["$", ...path].join("."),
      ...placeOf(node ?? deepestNode(root, path)),
      message,
    }));
    for (const [kind, { left }] of this.#rests) {
      if (left > 0)
        entries.push({ kind, path: "$", message: `${left} more, which are not listed` });
    }
    return entries;
  }
}

/** `error at $.storage.files.0.path, line 5 col 13: path not absolute`, as butane prints it. */
export function formatEntry({ kind, path, line, column, message }: ReportEntry): string {
  const spot = line === undefined ? "" : `line ${line} col ${column}`;
  const at = [path === "$" ? "" : path, spot].filter((part) => part !== "").join(", ");
  return `${kind}${at === "" ? "" : ` at ${at}`}: ${message}`;
}
