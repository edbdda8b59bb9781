/**
 * What a plain YAML scalar means to the real Butane, whose YAML reader (Go's yaml.v3) mixes the
 * habits of YAML 1.1 and 1.2. Observed of butane 0.29.0.
 */
import type { Scalar } from "./node.ts";

const nothings = new Set(["", "~", "null", "Null", "NULL"]);

const truths: ReadonlyMap<string, boolean> = new Map(
  [
    { value: true, words: ["y", "yes", "on", "true"] },
    { value: false, words: ["n", "no", "off", "false"] },
  ].flatMap(({ value, words }) =>
    words.flatMap((word) =>
      [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)].map(
        (spelling) => [spelling, value] as const,
      ),
    ),
  ),
);

const radixes: readonly { readonly pattern: RegExp; readonly radix: number }[] = [
  { pattern: /^([-+]?)0[oO]?([0-7]+)$/, radix: 8 },
  { pattern: /^([-+]?)0[xX]([0-9a-fA-F]+)$/, radix: 16 },
  { pattern: /^([-+]?)0[bB]([01]+)$/, radix: 2 },
];
const decimal = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

export function isNothing(scalar: Scalar): boolean {
  return scalar.plain && nothings.has(scalar.text);
}

export function booleanOf(scalar: Scalar): boolean | undefined {
  return scalar.plain ? truths.get(scalar.text) : undefined;
}

/** `0644`, `0o644`, `0x1a4`, `4_20`, `+420` and `420.0` are all 420; `0888` is 888. */
export function integerOf(scalar: Scalar): number | undefined {
  if (!scalar.plain) return undefined;
  const text = scalar.text.replaceAll("_", "");
  for (const { pattern, radix } of radixes) {
    const match = pattern.exec(text);
    if (match) return Number.parseInt(`${match[1]}${match[2]}`, radix);
  }
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
