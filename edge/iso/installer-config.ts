/**
 * The settings of coreos-installer in the live system: files of YAML in
 * `/etc/coreos/installer.d`, whose keys are its long options. Written as the real tool writes them:
 * block style, and quotes only where the text would otherwise be read as something else.
 */
export interface InstallerSettings {
  readonly ignitionFile?: string;
  readonly consoles: readonly string[];
  readonly appendedKernelArguments: readonly string[];
  readonly deletedKernelArguments: readonly string[];
  readonly copyNetwork: boolean;
  /** Labels of partitions that stay, as patterns. @default none */
  readonly savedPartitions?: readonly string[];
  readonly device?: string;
}

export const installerFolder = "/etc/coreos/installer.d";

export function writeInstallerConfig(settings: InstallerSettings): string {
  const text = (key: string, value: string | undefined) =>
    value === undefined ? "" : `${key}: ${scalar(value)}\n`;
  const list = (key: string, values: readonly string[]) =>
    values.length === 0 ? "" : `${key}:\n${values.map((value) => `- ${scalar(value)}\n`).join("")}`;
  const all = [
    text("ignition-file", settings.ignitionFile),
    list("console", settings.consoles),
    list("append-karg", settings.appendedKernelArguments),
    list("delete-karg", settings.deletedKernelArguments),
    settings.copyNetwork ? "copy-network: true\n" : "",
    list("save-partlabel", settings.savedPartitions ?? []),
    text("dest-device", settings.device),
  ].join("");
  return all === "" ? "{}\n" : all;
}

function scalar(value: string): string {
  if (value.includes("\n") && mayBeLiteral(value)) return literal(value);
  if (/[^\x20-\x7e\n\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|\ufeff/u.test(value)) {
    return doubleQuoted(value);
  }
  if (value.includes("\n")) return doubleQuoted(value);
  return mayBePlain(value) && !readsAsOther(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

/** Whether a YAML reader would take it for null, a boolean or a number. */
function readsAsOther(value: string): boolean {
  if (/^(null|Null|NULL|~|true|True|TRUE|false|False|FALSE|)$/.test(value)) return true;
  if (/^[-+]?(0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|\d+)$/.test(value)) return true;
  if (/^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/.test(value)) return true;
  const isNumber = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(value);
  return isNumber && Number.isFinite(Number(value));
}

/** Whether YAML allows it without quotes (as libyaml decides). */
function mayBePlain(value: string): boolean {
  if (value === "" || /^ | $/.test(value) || /^(---|\.\.\.)/.test(value)) return false;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(value)) return false;
  if (/^[-?:]( |$)/.test(value)) return false;
  return !/: |:$| #/.test(value);
}

function mayBeLiteral(value: string): boolean {
  return /^[\x20-\x7e\n\x85\xa0-\ud7ff\ue000-\ufffd]*$/.test(value) && !/ (\n|$)/.test(value);
}

function literal(value: string): string {
  const hint = /^[ \n]/.test(value) ? "2" : "";
  const chomping = !value.endsWith("\n") ? "-" : /\n\n$|^\n$/.test(value) ? "+" : "";
  const lines = value.replace(/\n$/, "").split("\n");
  const body = lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n");
  return `|${hint}${chomping}\n${body}`;
}

function doubleQuoted(value: string): string {
  const short: Readonly<Record<string, string>> = {
    "\0": "\\0",
    "\x07": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\u2028": "\\L",
    "\u2029": "\\P",
  };
  const characters = [...value].map((character) => {
    const point = character.codePointAt(0) ?? 0;
    const isPlain =
      point >= 0x20 && point !== 0x7f && point !== 0xfeff && !(point > 0x7f && point < 0xa0);
    const hexadecimal = point.toString(16).toUpperCase();
    const escaped =
      point > 0xff ? `\\u${hexadecimal.padStart(4, "0")}` : `\\x${hexadecimal.padStart(2, "0")}`;
    return short[character] ?? (isPlain ? character : escaped);
  });
  return `"${characters.join("")}"`;
}
