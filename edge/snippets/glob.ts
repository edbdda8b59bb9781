/** Patterns of a shell, in a time that grows with pattern and name alone, as no regular expression does. */

/** As long as a path can be. */
const patternLengthMax = 4_096;

/** Whether a name matches a pattern with `*`, `?` and `[…]`. */
export function matchesGlob(pattern: string, name: string): boolean {
  if (pattern.length > patternLengthMax) return false;
  const steps = pattern.match(/\*+|\[[!^]?\]?[^\]]*\]|[^]/g) ?? [];
  let [at, step, star, mark] = [0, 0, -1, 0];
  while (at < name.length) {
    const wanted = steps[step];
    if (wanted?.startsWith("*")) {
      star = step;
      mark = at;
      step += 1;
    } else if (wanted !== undefined && matchesOne(wanted, name.charAt(at))) {
      at += 1;
      step += 1;
    } else if (star >= 0) {
      // The star takes one more character.
      mark += 1;
      at = mark;
      step = star + 1;
    } else return false;
  }
  return steps.slice(step).every((rest) => rest.startsWith("*"));
}

function matchesOne(wanted: string, character: string): boolean {
  if (wanted === "?" || wanted === character) return true;
  const [, not = "", members] = /^\[([!^]?)([^]+)\]$/.exec(wanted) ?? [];
  if (members === undefined) return false;
  try {
    const isMember = new RegExp(`[${members.replaceAll(/[\\[\]^]/g, String.raw`\$&`)}]`).test(
      character,
    );
    return isMember === (not === "");
  } catch {
    // A range that is in no order.
    return false;
  }
}
