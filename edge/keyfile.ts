/** Keyfiles of NetworkManager: where they are, and their syntax (nm-settings-keyfile(5)). */

/** Where NetworkManager reads the keyfiles of connections. */
export const keyfileFolder = "/etc/NetworkManager/system-connections";

/** The file's name, without its folder. */
export function keyfileName(connection: string): string {
  return `${connection}.nmconnection`;
}

/** Sections with their keys in order; those that are undefined are omitted, and so are empty sections. */
export type KeyfileSections = readonly (readonly [
  section: string,
  keys: Readonly<Record<string, string | number | boolean | undefined>>,
])[];

export function keyfileText(sections: KeyfileSections): string {
  const written = sections.flatMap(([section, keys]) => {
    const lines = Object.entries(keys).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${keyfileValue(String(value))}`],
    );
    return lines.length === 0 ? [] : [[`[${section}]`, ...lines].join("\n")];
  });
  return `${written.join("\n\n")}\n`;
}

/** A list, whose items have no semicolons; undefined if it is empty. */
export function keyfileList(items: readonly string[]): string | undefined {
  return items.length === 0 ? undefined : items.map((item) => `${item};`).join("");
}

/** GLib's escapes: a space at either end would be lost, and a backslash begins an escape. */
function keyfileValue(value: string): string {
  const escaped = value
    .replaceAll("\\", String.raw`\\`)
    .replaceAll("\n", String.raw`\n`)
    .replaceAll("\t", String.raw`\t`)
    .replaceAll("\r", String.raw`\r`);
  return escaped.replace(/^ +| +$/g, (spaces) => String.raw`\s`.repeat(spaces.length));
}
