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
  /** In the source. */
  readonly path: Path;
  readonly message: string;
  /** For findings without a node at their path, such as an unused key. */
  readonly node?: Node;
}

/** Collects findings. Their positions are found at the end. */
export class Report {
  readonly #findings: Finding[] = [];
  #errors = 0;

  add(kind: Kind, path: Path, message: string, node?: Node): void {
    this.#findings.push({ kind, path, message, ...(node && { node }) });
    if (kind === "error") this.#errors += 1;
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  entries(root: Node, placeOf: (node: Node) => Place | undefined): readonly ReportEntry[] {
    return this.#findings.map(({ kind, path, message, node }) => ({
      kind,
      path: ["$", ...path].join("."),
      ...placeOf(node ?? deepestNode(root, path)),
      message,
    }));
  }
}

/** `error at $.storage.files.0.path, line 5 col 13: path not absolute`, as butane prints it. */
export function formatEntry({ kind, path, line, column, message }: ReportEntry): string {
  const spot = line === undefined ? "" : `line ${line} col ${column}`;
  const at = [path === "$" ? "" : path, spot].filter((part) => part !== "").join(", ");
  return `${kind}${at === "" ? "" : ` at ${at}`}: ${message}`;
}
