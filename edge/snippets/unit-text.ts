/** What a systemd unit file sets, for those that Ignition's own rules accept. */

export interface Setting {
  readonly section: string;
  readonly key: string;
  /** Empty where the file takes back what was set before. */
  readonly value: string;
}

export function settingsOf(text: string): readonly Setting[] {
  const settings: Setting[] = [];
  let section = "";
  for (const line of logicalLines(text)) {
    const header = /^\[(.*)\]$/.exec(line)?.[1];
    const equals = line.indexOf("=");
    if (header !== undefined) section = header;
    else if (equals > 0) {
      const [key, value] = [line.slice(0, equals).trim(), line.slice(equals + 1).trim()];
      settings.push({ section, key, value });
    }
  }
  return settings;
}

/** Without comments; a backslash at the end continues a line. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  let begun = "";
  for (const line of text.split(/\r\n|\r|\n/)) {
    const bare = line.trim();
    if (/^[#;]/.test(bare) || (bare === "" && begun === "")) continue;
    const continues = bare.endsWith("\\");
    begun += continues ? `${bare.slice(0, -1)} ` : bare;
    if (continues) continue;
    lines.push(begun.trim());
    begun = "";
  }
  if (begun !== "") lines.push(begun.trim());
  return lines;
}
