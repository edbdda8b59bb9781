/**
 * What the translation has to say about a configuration, each entry with its place in the source.
 */
import { type Node, type Path, type Place, placeAt } from "./node.ts";

export type Kind = "error" | "warning";

export interface ReportEntry {
  readonly kind: Kind;
  /** `$.storage.files.0.path`; `$` is the whole configuration. */
  readonly path: string;
  /** Absent for a configuration that was made in memory. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

interface Finding {
  readonly kind: Kind;
  readonly path: Path;
  readonly message: string;
  readonly place?: Place | undefined;
}

/** Collects findings; their places are looked up once, at the end. */
export class Report {
  readonly #findings: Finding[] = [];

  /** `place` is for findings that the path alone doesn't place, as an unused key. */
  add(kind: Kind, path: Path, message: string, place?: Place): void {
    this.#findings.push({ kind, path, message, place });
  }

  get hasErrors(): boolean {
    return this.#findings.some(({ kind }) => kind === "error");
  }

  entries(root: Node | undefined): readonly ReportEntry[] {
    return this.#findings.map(({ kind, path, message, place }) => ({
      kind,
      path: ["$", ...path].join("."),
      ...(place ?? (root && placeAt(root, path))),
      message,
    }));
  }
}

/** `error at $.storage.files.0.path, line 5 col 13: path not absolute`, as the real tool says it. */
export function formatEntry({ kind, path, line, column, message }: ReportEntry): string {
  const place = line === undefined ? path : `${path}, line ${line} col ${column}`;
  return `${kind} at ${place}: ${message}`;
}
