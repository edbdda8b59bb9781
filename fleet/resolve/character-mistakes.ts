/**
 * Characters that no value of fleet.yaml may contain. Values reach file names, unit files, kernel
 * arguments, URLs and logs; none of these has a place for a line end, a NUL or a character that turns
 * the direction of what follows.
 */
import type { Mistake } from "../grammar/mistakes.ts";
import type { Path, Source } from "../grammar/source.ts";

/** Texts with a language of their own, which their own readers check. */
const foreign: readonly RegExp[] = [
  /^(profiles|sites|devices)\.[^.]+\.(.+\.)?butane(\.\d+)?$/,
  /^workloads\.[^.]+\.(values|sites)\./,
  /^argocd\.values\./,
];
/** Texts for people, which may have several lines. */
const prose = /^(sites|devices)\.(.+\.)?description$/;

/** Control characters, line ends of Unicode, and marks that change the direction of text. */
const forbidden = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/u;

export function characterMistakes(source: Source): Mistake[] {
  return textsOf(source.value, []).flatMap(({ path, text }) => {
    const place = path.join(".");
    if (foreign.some((pattern) => pattern.test(place))) return [];
    const found = forbidden.exec(prose.test(place) ? text.replaceAll(/[\n\t]/g, " ") : text);
    if (found === null) return [];
    const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    const what = found[0] === "\n" ? "a line end" : `the character U+${code}`;
    return [source.mistake(path, `this value contains ${what}. Delete it.`)];
  });
}

function textsOf(value: unknown, path: Path): { readonly path: Path; readonly text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    textsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
