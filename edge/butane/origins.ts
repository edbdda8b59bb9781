/**
 * The source of each part of the output, for the report.
 *
 * The path in the source is usually the path in the output with Butane's names. Only differences are
 * stored, for each object.
 */
import type { Json, JsonObject } from "./json.ts";
import type { Path } from "./node.ts";
import { snakeCase } from "./schema.ts";

export interface Origin {
  /** The source path of the object itself. */
  readonly path?: Path;
  /** Everything in the object has this source. */
  readonly whole?: boolean;
  /** Source paths of parts, relative to the object's. Parts are dotted paths with Ignition's names. */
  readonly parts?: Readonly<Record<string, Path>>;
  /** The sources of single fields. */
  readonly fields?: Readonly<Record<string, Origin>>;
}

/** Fields in which an empty text counts as absent. */
const neverAbsent: ReadonlySet<string | number> = new Set(["path", "name", "device"]);

export class Origins {
  readonly #known = new Map<unknown, Origin>();

  get(value: unknown): Origin | undefined {
    return this.#known.get(value);
  }

  set(object: object, origin: Origin): void {
    this.#known.set(object, origin);
  }

  /** The source path of a path in the output. */
  sourceOf(output: Json, path: Path): Path {
    return this.#traced(output, path) ?? path.map(snaked);
  }

  /** Undefined if the path is not in the output. The caller then uses the path itself. */
  #traced(output: Json, path: Path): Path | undefined {
    let value: Json | undefined = output;
    let source: Path = [];
    let owner:
      { readonly origin: Origin; readonly source: Path; readonly depth: number } | undefined;
    for (const [depth, step] of path.entries()) {
      const parent: Json = value;
      value = (parent as JsonObject)[step];
      if (value === undefined || (value === "" && neverAbsent.has(step))) return undefined;
      const known: Origin | undefined = this.get(parent)?.fields?.[step] ?? this.get(value);
      const part = owner?.origin.parts?.[path.slice(owner.depth, depth + 1).join(".")];
      if (part !== undefined) source = [...(owner?.source ?? []), ...part];
      else source = known?.path ?? [...source, snaked(step)];
      if (known?.whole) return source;
      if (this.get(value)?.parts !== undefined) {
        owner = { origin: this.get(value) ?? {}, source, depth: depth + 1 };
      }
    }
    return source;
  }
}

function snaked(step: string | number): string | number {
  return typeof step === "string" ? snakeCase(step) : step;
}
