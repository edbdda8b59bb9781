/** The options of butane 0.29.0, parsed as its library (pflag) parses them. */

export interface ButaneOptions {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

interface OptionRow {
  readonly name: string;
  readonly letter?: string;
  readonly value?: "needed" | "optional";
  readonly help?: string;
}

const optionRows: readonly OptionRow[] = [
  { name: "check", letter: "c", help: "check config without producing output" },
  {
    name: "color",
    value: "optional",
    help: 'control color output: "auto", "always", or "never" (default "auto")',
  },
  { name: "colour", value: "optional" },
  { name: "debug", letter: "D" },
  {
    name: "files-dir",
    letter: "d",
    value: "needed",
    help: "allow embedding local files from this directory",
  },
  { name: "help", letter: "h", help: "show usage and exit" },
  { name: "input", value: "needed" },
  {
    name: "output",
    letter: "o",
    value: "needed",
    help: "write to output file instead of stdout",
  },
  { name: "pretty", letter: "p", help: "output formatted json" },
  {
    name: "raw",
    letter: "r",
    help: "never wrap in a MachineConfig; force Ignition output",
  },
  { name: "raw-errors", help: "show raw errors, rather than pretty printing them" },
  { name: "strict", letter: "s", help: "fail on any warning" },
  { name: "version", letter: "V", help: "print the version and exit" },
];

export function usage(): string {
  const rows = optionRows.flatMap(({ name, letter, value, help }) => {
    if (help === undefined) return [];
    const short = letter === undefined ? "      " : `  -${letter}, `;
    const shown = { needed: " string", optional: '[="always"]' };
    const argument = value === undefined ? "" : shown[value];
    const kind = value === "optional" ? " string" : "";
    return [{ option: `${short}--${name}${kind}${argument}`, help }];
  });
  const width = Math.max(...rows.map(({ option }) => option.length)) + 3;
  const lines = rows.map(({ option, help }) => `${option.padEnd(width)}${help}\n`);
  return `Usage: flotilla butane [options] [input-file]\nOptions:\n${lines.join("")}`;
}

/** The options, or the error as text. */
export function parseOptions(args: readonly string[]): ButaneOptions | string {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  const rest = [...args];
  const take = (row: OptionRow, given: string | undefined, shown: string): string | undefined => {
    if (row.value === undefined) {
      if (given === undefined || isTrue(given)) flags.add(row.name);
      else flags.delete(row.name);
      return undefined;
    }
    const value = given ?? (row.value === "optional" ? "always" : rest.shift());
    if (value === undefined) return `flag needs an argument: ${shown}`;
    values.set(row.name, value);
    return undefined;
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") return { flags, values, operands: [...operands, ...rest] };
    if (arg.startsWith("--")) {
      const [name = "", value] = arg.slice(2).split(/=(.*)/s);
      const row = optionRows.find((one) => one.name === name);
      const mistake = row ? take(row, value, arg) : `unknown flag: --${name}`;
      if (mistake !== undefined) return mistake;
    } else if (!arg.startsWith("-") || arg === "-") operands.push(arg);
    else {
      for (let letters = arg.slice(1); letters !== "";) {
        const letter = letters.charAt(0);
        const row = optionRows.find((one) => one.letter === letter);
        const shown = `'${letter}' in -${letters}`;
        if (row === undefined) return `unknown shorthand flag: ${shown}`;
        const attached = letters.slice(1);
        const hasValue = attached.startsWith("=") || (row.value !== undefined && attached !== "");
        const mistake = take(row, hasValue ? attached.replace(/^=/, "") : undefined, shown);
        if (mistake !== undefined) return mistake;
        letters = hasValue ? "" : attached;
      }
    }
  }
  return { flags, values, operands };
}

function isTrue(text: string): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(text);
}
