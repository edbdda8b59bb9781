/** The parts of a YAML tag, and of the directive that abbreviates tags. */

/** The part of a tag after its handle. */
export const tagUri = /^[0-9A-Za-z_;/?:@&=+$,.!~*'()[\]%-]*/;

/** Checks what follows `%TAG`: a handle, what it abbreviates, and an optional comment. */
export function mistakeInTagDirective(text: string): string | undefined {
  const rest = text.replace(/^[ \t]*/, "");
  const handle = /^!(?:[0-9A-Za-z_-]*!)?/.exec(rest)?.[0];
  if (handle === undefined || /^[0-9A-Za-z_-]/.test(rest.slice(handle.length))) {
    return "did not find expected '!'";
  }
  const after = rest.slice(handle.length);
  if (!/^[ \t]/.test(after)) return "did not find expected whitespace";
  const value = after.trimStart();
  const uri = tagUri.exec(value)?.[0] ?? "";
  if (uri === "") return "did not find expected tag URI";
  const end = value.slice(uri.length);
  if (!/^(?:$|[ \t])/.test(end)) return "did not find expected whitespace or line break";
  return /^[ \t]*(?:$|#)/.test(end) ? undefined : "did not find expected comment or line break";
}

export function unescapedUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
