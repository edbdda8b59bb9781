/**
 * `flotilla butane`: stands in for the `butane` command. Arguments, output, report texts and exit
 * codes are those of butane 0.29.0, so that scripts move over unchanged.
 */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { plainReportText, reportText } from "../../edge/butane/report-text.ts";
import { translateText } from "../../edge/butane/translate.ts";
import { writeFileAtomically } from "../../fleet/files/atomic.ts";
import { ToolExit } from "../../fleet/files/failures.ts";
import { openFolder, systemMessage } from "../project/local-files.ts";
import type { Session } from "../terminal/session.ts";

const exitDone = 0;
const exitFailed = 1;
const exitUsage = 2;

export function butaneCommand(session: Session): Command {
  return new Command("butane")
    .summary("translate Butane to Ignition, as the butane command does")
    .description(
      "Stands in for butane 0.29.0, variant fcos: the same arguments, output, report and exit\n" +
        "codes. The options are butane's own: flotilla butane --help",
    )
    .argument("[arguments...]", "options and the file of butane; standard input without a file")
    .allowUnknownOption()
    .helpOption(false)
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla butane --pretty --strict device.bu > device.ign
  $ flotilla butane --files-dir files < device.bu
  $ flotilla butane --check device.bu`,
    )
    .action((args: readonly string[]) => {
      const code = runButane(args, session);
      if (code !== exitDone) throw new ToolExit(code);
    });
}

interface Options {
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

function usage(): string {
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

/** The mistake as text, or the options. */
function parseOptions(args: readonly string[]): Options | string {
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
        const behind = letters.slice(1);
        const hasValue = behind.startsWith("=") || (row.value !== undefined && behind !== "");
        const mistake = take(row, hasValue ? behind.replace(/^=/, "") : undefined, shown);
        if (mistake !== undefined) return mistake;
        letters = hasValue ? "" : behind;
      }
    }
  }
  return { flags, values, operands };
}

function isTrue(text: string): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(text);
}

/**
 * Runs one command line of `butane` and returns its exit code.
 *
 * @param args without the command's own name
 * @param readInput gives standard input
 */
export function runButane(
  args: readonly string[],
  session: Session,
  readInput: () => Buffer = () => readFileSync(0),
): number {
  const say = (text: string) => text !== "" && session.progress(text.replace(/\n$/, ""));
  const options = parseOptions(args);
  if (typeof options === "string") {
    say(`${options}\n${usage()}`);
    return exitUsage;
  }
  const { flags, values, operands } = options;
  if (values.has("input")) {
    say("Flag --input has been deprecated, specify filename directly on command line");
  }
  if (operands.length > (values.get("input") ? 0 : 1)) {
    say(usage());
    return exitUsage;
  }
  if (flags.has("help") || flags.has("version")) {
    session.out(flags.has("help") ? usage() : "Butane v0.29.0\n");
    return exitDone;
  }
  try {
    return translate(options, session, say, readInput);
  } catch (error) {
    const { errno, path } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    const place = path ?? "<stdin>";
    say(`failed to open ${place}: open ${place}: ${systemMessage(errno)}`);
    return exitFailed;
  }
}

function translate(
  { flags, values, operands }: Options,
  session: Session,
  say: (text: string) => void,
  readInput: () => Buffer,
): number {
  const input = values.get("input") || operands[0] || "";
  const text = (input === "" ? readInput() : readFileSync(input)).toString("utf8");
  const folder = values.get("files-dir") ?? "";
  const { ignition, error, report } = translateText(text, {
    pretty: flags.has("pretty"),
    ...(folder !== "" && { files: openFolder(folder) }),
  });
  const colored = isColored(values.get("colour") ?? values.get("color") ?? "auto", session);
  const file = input === "" ? "<stdin>" : input;
  const shown = flags.has("raw-errors")
    ? plainReportText(report)
    : reportText(report, { file, text, colored });
  if (ignition === undefined) {
    say(`${shown}Error translating config: ${error}\n`);
    return exitFailed;
  }
  if (flags.has("strict") && report.length > 0) {
    say(`${shown}Config produced warnings and --strict was specified\n`);
    return exitFailed;
  }
  say(shown);
  if (!flags.has("check")) writeOutput(values.get("output") ?? "", ignition, session);
  return exitDone;
}

function isColored(choice: string, { environment }: Session): boolean {
  if (choice === "always" || choice === "yes") return true;
  if (choice !== "auto") return false;
  return environment["NO_COLOR"] === undefined && process.stderr.isTTY === true;
}

/** For its owner only: a configuration holds keys and passwords. */
const outputMode = 0o600;

function writeOutput(path: string, ignition: string, session: Session): void {
  if (path === "") session.out(ignition);
  else if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    writeFileSync(path, ignition);
  } else writeFileAtomically(path, ignition, outputMode);
}
