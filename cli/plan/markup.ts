/** HTML templates that escape every value. */

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Value = string | number | Markup | readonly Value[];

/** An HTML template. Values are escaped, except Markup. */
export function html(strings: TemplateStringsArray, ...parts: readonly Value[]): Markup {
  return new Markup(strings.map((text, index) => text + rendered(parts[index] ?? "")).join(""));
}

function rendered(part: Value): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(rendered).join("");
  return escaped(String(part));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
