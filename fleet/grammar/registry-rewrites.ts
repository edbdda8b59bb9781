/**
 * The rules by which a mirror has other names for images: an expression, and what replaces its match.
 *
 * Source: docs.k3s.io, "Private Registry Configuration" (Rewrites). The expression sees the name alone, without
 * registry and tag. K3s copies both texts unescaped into hosts.toml (its pkg/agent/templates/templates.go), where a
 * backslash or a quote makes containerd ignore the whole file. So neither is accepted.
 */
import { text } from "./value-schemas.ts";

const example = "Write one like ^library/(.*).";

/** What can be written in place of an escape, outside and inside brackets. */
const inPlaceOf: Readonly<Record<string, readonly [string, string]>> = {
  ".": ["[.]", "."],
  "/": ["/", "/"],
  _: ["_", "_"],
  "-": ["-", "-"],
  d: ["[0-9]", "0-9"],
  w: ["[0-9A-Za-z_]", "0-9A-Za-z_"],
  A: ["^", "^"],
  z: ["$", "$"],
};

/**
 * K3s reads the expression with Go's regexp (RE2), which knows other groups than JavaScript: flags, `(?P<name>…)`,
 * and no looking around and no references back.
 */
export const rewritePattern = text((value) => {
  const quoted = JSON.stringify(value);
  const escapes = [...value.matchAll(/\\(.)/gs)];
  const [lookaround] = /\(\?<?[=!]/.exec(value.replaceAll(/\\./gs, "")) ?? [];
  const [reference] = escapes.find(([, letter = ""]) => /[1-9k]/.test(letter)) ?? [];
  const unknown = lookaround ?? reference;
  if (unknown !== undefined) {
    return `${quoted} has ${unknown}, which K3s' regular expressions (RE2) do not have. ${example}`;
  }
  const forbidden = forbiddenCharacter(value);
  if (forbidden !== undefined) {
    const other = withoutEscapes(value);
    return `${forbidden} Write ${other === undefined ? "the expression without it" : other}.`;
  }
  if (!isValid(value)) return `${quoted} is not a valid regular expression. ${example}`;
  return undefined;
});

/** Go takes all letters, digits and underscores after `$` as a name: `$1x` is the group "1x", which is empty. */
export const rewriteReplacement = text((value) => {
  if (value.length > 1024) return "this text is longer than 1024. Write a shorter one.";
  const forbidden = forbiddenCharacter(value);
  if (forbidden !== undefined) return `${forbidden} Write a name like hub/$1.`;
  const [, number = "", rest = ""] =
    /\$([0-9]+)([A-Za-z_]\w*)/.exec(value.replaceAll("$$", "")) ?? [];
  return number === ""
    ? undefined
    : `"$${number}${rest}" is a group of the name ${number}${rest}, which is empty. Write \${${number}}${rest}.`;
});

/** A rule that K3s accepts and that does not do what its author means: the message on it, or undefined. */
export function rewriteProblem(
  registry: string,
  pattern: string,
  replacement: string,
): string | undefined {
  const start = pattern.replace(/^\^/, "").replaceAll("[.]", ".");
  if (registry !== "*" && start.startsWith(`${registry}/`)) {
    return `the expression sees the name without the registry ${registry}. Delete ${registry}/ from it.`;
  }
  if (/[^?:imsU-]:|^:/.test(pattern.replaceAll(/\[:\^?[a-z]+:\]/g, ""))) {
    return "the expression sees the name without the tag. Delete what follows the name.";
  }
  const groups = new RegExp(`${inJavaScript(pattern)}|`).exec("");
  const names = Object.keys(groups?.groups ?? {});
  const count = (groups?.length ?? 1) - 1;
  const used = replacement.replaceAll("$$", "").matchAll(/\$(?:\{([^}]*)\}|(\w+))/g);
  for (const [whole, inBraces, bare = inBraces ?? ""] of used) {
    const isThere = /^[0-9]+$/.test(bare) ? Number(bare) <= count : names.includes(bare);
    if (isThere) continue;
    const has = count === 0 ? "no group" : `${count} group${count === 1 ? "" : "s"}`;
    return `"${whole}" is empty, because the expression has ${has}${names.length > 0 ? `: ${names.join(", ")}` : ""}. Write a group in parentheses, like ^library/(.*).`;
  }
  return undefined;
}

function forbiddenCharacter(value: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- a control character is what is looked for
  const [found] = /\\.?|"|[\u0000-\u001f\u007f]/s.exec(value) ?? [];
  return found === undefined
    ? undefined
    : `${JSON.stringify(value)} has ${found.startsWith("\\") ? found : JSON.stringify(found)}, which makes K3s' file for containerd invalid.`;
}

/** The expression with other words for its escapes; undefined if one has none. */
function withoutEscapes(value: string): string | undefined {
  let isInBrackets = false;
  let result = "";
  for (const [token, letter] of value.matchAll(/\\(.)|[^]/gs)) {
    const other = letter === undefined ? undefined : inPlaceOf[letter];
    if (letter !== undefined && other === undefined) return undefined;
    result += other?.[isInBrackets ? 1 : 0] ?? token;
    if (token === "[") isInBrackets = true;
    if (token === "]") isInBrackets = false;
  }
  return forbiddenCharacter(result) === undefined && isValid(result) ? result : undefined;
}

function inJavaScript(pattern: string): string {
  return pattern
    .replaceAll(/\(\?[imsU]*(?:-[imsU]+)?([:)])/g, (_, end: string) => (end === ")" ? "" : "(?:"))
    .replaceAll("(?P<", "(?<");
}

/** RE2 repeats at most 1000 times, and its brackets are never empty. */
function isValid(pattern: string): boolean {
  const counts = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, from = "", to = ""]) =>
    Math.max(Number(from), Number(to)),
  );
  if (counts.reduce((product, count) => product * Math.max(count, 1), 1) > 1000) return false;
  if (/\[\^?\]/.test(pattern)) return false;
  try {
    new RegExp(inJavaScript(pattern));
    return true;
  } catch {
    return false;
  }
}
