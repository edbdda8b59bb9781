/** A name or a value with a line break must not look like a line of its own: `a\nb.yaml`. */
export function onOneLine(text: string): string {
  return text.replaceAll(/[\n\r\t]/g, (character) => JSON.stringify(character).slice(1, -1));
}
