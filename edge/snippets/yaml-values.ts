/** The values of YAML documents in a snippet's files. */
import { parseAllDocuments } from "yaml";
import { documentMistakes, textMistake } from "../../fleet/grammar/yaml-guard.ts";

/** `invalid` if it is not YAML, `large` if it is too large or too deep to check. */
export function yamlValues(text: string): readonly unknown[] | "invalid" | "large" {
  if (textMistake(text) !== undefined) return "large";
  const documents = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: false });
  const all = "empty" in documents ? [] : documents;
  if (all.some(({ errors }) => errors.length > 0)) return "invalid";
  if (all.some((document) => documentMistakes(document, true).length > 0)) return "large";
  return all.map((document): unknown => document.toJS({ maxAliasCount: -1 }));
}

export const tooLarge = "this is too large or too deep to check. Write less.";
