/**
 * Butane as a person reads it: YAML with block scalars for contents and octal modes.
 */
import { type Document, dump, visit } from "js-yaml";
import type { ButaneConfig } from "./config.ts";

/** `comment` becomes the first line; it has no line break. */
export function butaneText(config: ButaneConfig, comment: string): string {
  const body = dump(config, { noRefs: true, lineWidth: -1, transform: writeModesInOctal });
  return `# ${comment}\n${body}`;
}

/** `0644` instead of `420`: the form in which everybody reads modes, and which Butane takes. */
function writeModesInOctal(documents: Document[]): void {
  visit(documents, (node) => {
    if (node.kind !== "mapping") return;
    for (const { key, value } of node.items) {
      if (key.kind !== "scalar" || key.value !== "mode" || value.kind !== "scalar") continue;
      value.value = `0${Number(value.value).toString(8)}`;
    }
  });
}
