/** Placeholders in texts of manifests: `${name}`; `$${` is the text `${`. */

/** The first group is the name; undefined where `${` is escaped. */
export const placeholder = /\$\$\{|\$\{([^{}]*)\}/g;

/** How much of the text around a mistake is shown. */
const shownLengthMax = 30;

/**
 * The first `${` without its `}`. What a shell nests (`${a:-$${b}}`) has all of them.
 *
 * @returns how many `${` are before it, escaped ones too, and the message
 */
export function unclosedPlaceholder(
  text: string,
): { readonly index: number; readonly message: string } | undefined {
  const open: {
    readonly isPlaceholder: boolean;
    readonly index: number;
    readonly offset: number;
  }[] = [];
  let index = 0;
  for (const { 0: brace, index: offset } of text.matchAll(/\$?\$?\{|\}/g)) {
    if (brace === "}") open.pop();
    else {
      open.push({ isPlaceholder: brace === "${", index, offset });
      if (brace !== "{") index += 1;
    }
  }
  const first = open.find(({ isPlaceholder }) => isPlaceholder);
  if (first === undefined) return undefined;
  const [line = ""] = text.slice(first.offset).split(/\r?\n/, 1);
  const shown = line.length > shownLengthMax ? `${line.slice(0, shownLengthMax)}…` : line;
  const message = `found ${shown} without its closing brace. Write }, like \${version}. For this text itself, write $${shown}.`;
  return { index: first.index, message };
}
