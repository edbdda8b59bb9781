/** Keys and values that are valid YAML and are never what was meant. */
import { isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import { oddSpaces, unicodeName, type TextMistake } from "./syntax-mistake.ts";

interface PlacedMistake extends TextMistake {
  readonly path: readonly PropertyKey[];
}

/** All of them below `node`, in the order of the file. */
export function oddScalars(
  text: string,
  node: unknown,
  path: readonly PropertyKey[] = [],
): readonly PlacedMistake[] {
  if (isSeq(node)) return node.items.flatMap((item, i) => oddScalars(text, item, [...path, i]));
  if (isScalar(node)) return placed(node, path, oddValue(node));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    const problem = oddKey(text, key as Node, value);
    if (problem !== undefined) return placed(key as Node, path, problem);
    const inner = [...path, (key as Scalar<string>).value];
    return oddScalars(text, value, inner);
  });
}

function placed(
  node: Node,
  path: readonly PropertyKey[],
  message: string | undefined,
): readonly PlacedMistake[] {
  return message === undefined ? [] : [{ offset: node.range?.[0] ?? 0, path, message }];
}

/** `0012:` is a number to YAML and would lose its zeros; such keys must be quoted. */
function oddKey(text: string, key: Node, value: unknown): string | undefined {
  if (!isScalar(key)) {
    const [start = 0, end = 0] = key.range ?? [];
    if (text.slice(start - 1, start + 1) === "{{") {
      return `templates like {{ ${text.slice(start + 1, end - 1).trim()} }} are not supported here. Write the value.`;
    }
    return "found a list or a mapping as a key. Write text.";
  }
  if (typeof key.value !== "string") {
    const found = key.source ?? String(key.value);
    return `the key ${found} is not text. Write it in quotes: "${found}".`;
  }
  // JavaScript takes it for the prototype of the mapping, and loses its value.
  if (key.value === "__proto__") return 'the key "__proto__" is not allowed. Write another name.';
  if (key.type !== "PLAIN") return undefined;
  const space = oddSpaces.exec(key.value);
  if (space !== null) return spaceMessage(space[0]);
  const parts = /^([A-Za-z][\w.-]*):(.+)$/.exec(key.value);
  const hasNoValue = value === null || (isScalar(value) && value.value === null && !value.source);
  if (parts !== null && hasNoValue) {
    return `found "${key.value}". Write a space after the colon: ${parts[1]}: ${parts[2]}`;
  }
  return undefined;
}

/** Quotes of a word processor, in any language. */
const curlyQuotes = /^[\u2018-\u201f\u00ab\u00bb].*[\u2018-\u201f\u00ab\u00bb]$/;

/** What is wrong with a whole number of so many digits that JavaScript would change it. */
export function hugeNumberProblem({ type, source = "", value }: Scalar): string | undefined {
  const isChanged =
    type === "PLAIN" && typeof value === "number" && /^[-+]?\d[\d_]*$|^[-+]?0[xob]/.test(source);
  if (!isChanged || Number.isSafeInteger(value)) return undefined;
  return `${source} has too many digits for a number. Write fewer, or text in quotes: "${source}".`;
}

function oddValue(scalar: Scalar): string | undefined {
  const { type, source = "", value } = scalar;
  if (type !== "PLAIN") return undefined;
  const huge = hugeNumberProblem(scalar);
  if (huge !== undefined) return huge;
  if (typeof value === "number" && /^[-+]?0[0-7]+$/.test(source)) {
    return `found ${source}, which is octal for some programs. Write "${source}" for text, or ${value} for a number.`;
  }
  if (typeof value !== "string") return undefined;
  const space = oddSpaces.exec(source);
  const isAtEnd = space !== null && (space.index === 0 || oddSpaces.test(source.slice(-1)));
  if (isAtEnd) return spaceMessage(space[0]);
  if (curlyQuotes.test(value))
    return `found the quotes of a word processor. Write straight quotes: "${value.slice(1, -1)}".`;
  return undefined;
}

function spaceMessage(space: string): string {
  return `found the invisible character ${unicodeName(space)}. Write a normal space, or delete it.`;
}
