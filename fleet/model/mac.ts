/**
 * MAC addresses in every notation that people copy them from: `ip` and macOS (52:54:00:12:34:56), Windows
 * (52-54-00-12-34-56), Cisco (5254.0012.3456), HPE and Huawei (525400-123456, 5254-0012-3456), and labels
 * (525400123456).
 */

/** In lower case with colons; undefined if the text is not a MAC address. */
export function parseMac(text: string): string | undefined {
  const [, separator] = /^[0-9A-Fa-f]+([-:. ])/.exec(text) ?? [];
  const groups = separator === undefined ? [text] : text.split(separator);
  const [{ length = 0 } = ""] = groups;
  const isWhole = length * groups.length === 12 && [2, 4, 6, 12].includes(length);
  if (!isWhole || groups.some((group) => group.length !== length)) return undefined;
  const digits = groups.join("").toLowerCase();
  return /^[0-9a-f]{12}$/.test(digits) ? digits.replaceAll(/..(?!$)/g, "$&:") : undefined;
}

/** A MAC address that was checked, in lower case with colons. */
export function knownMac(text: string): string {
  return parseMac(text) ?? text.toLowerCase();
}
