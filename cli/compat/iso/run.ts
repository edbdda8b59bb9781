/** Runs one command line of `flotilla iso` and returns its exit code. */
import { Refusal } from "../../../edge/iso/refusal.ts";
import { HelpWanted, parseArguments, UsageError } from "./arguments.ts";
import { isoCommands } from "./commands.ts";
import type { IsoCommand } from "./commands.ts";
import { commandHelp, groupHelp } from "./help.ts";
import type { Streams } from "./streams.ts";
import { escapeControls } from "../../terminal/control-characters.ts";

const exit = { done: 0, failed: 1, usage: 2 };

/** `args` are those after `flotilla iso`. Unexpected errors are thrown. */
export async function runIso(args: readonly string[], streams: Streams): Promise<number> {
  const found = findCommand(args);
  if (found === undefined) return describeGroup(args, streams);
  const { command, rest } = found;
  const usage = usageOf(command);
  try {
    await command.run(parseArguments(rest, command.options, command.operands, usage), streams);
    return exit.done;
  } catch (error) {
    if (error instanceof HelpWanted) {
      streams.out(commandHelp(command, usage));
      return exit.done;
    }
    if (error instanceof UsageError) {
      streams.error(error.message);
      return exit.usage;
    }
    if (error instanceof Refusal) {
      streams.error(formatRefusal(error));
      return exit.failed;
    }
    throw error;
  }
}

function findCommand(
  args: readonly string[],
): { readonly command: IsoCommand; readonly rest: readonly string[] } | undefined {
  for (const length of [1, 2]) {
    const name = args.slice(0, length).join(" ");
    const command = isoCommands.find((each) => each.name === name);
    if (command !== undefined) return { command, rest: args.slice(length) };
  }
  return undefined;
}

/** The usage line, with the required arguments by name. */
function usageOf({ name, options, operands }: IsoCommand): string {
  const required = options
    .filter(({ isRequired }) => isRequired)
    .map(({ long, value }) => ` --${long} <${value}>`);
  const places = operands.map(({ name: operand, fallback }) =>
    fallback === undefined ? ` <${operand}>` : ` [${operand}]`,
  );
  return `flotilla iso ${name} [OPTIONS]${required.join("")}${places.join("")}`;
}

/** Prints the commands if none is named: an error, unless help is requested. */
function describeGroup(args: readonly string[], streams: Streams): number {
  const groups = new Set(isoCommands.flatMap(({ name }) => name.match(/^\w+(?= )/) ?? []));
  const [first, second] = args;
  const isGroup = first !== undefined && groups.has(first);
  const group = isGroup ? first : undefined;
  const word = isGroup ? second : first;
  const help = groupHelp(group);
  if (word === "-h" || word === "--help" || word === "help") {
    streams.out(help);
    return exit.done;
  }
  if (word === undefined) {
    streams.error(help.trimEnd());
    return exit.usage;
  }
  const what = word.startsWith("-") ? "unexpected argument" : "unrecognized subcommand";
  const found = word.startsWith("-") ? `'${word}' found` : `'${word}'`;
  const usage = `Usage: flotilla iso ${group === undefined ? "" : `${group} `}<COMMAND>`;
  streams.error(`error: ${what} ${found}\n\n${usage}\n\nFor more information, try '--help'.`);
  return exit.usage;
}

/** Formats a chain of errors like coreos-installer, without a final line break. */
function formatRefusal({ reference }: Refusal): string {
  const [what, ...causes] = reference.map(escapeControls);
  if (causes.length === 0) return `Error: ${what}`;
  const lines = causes.map((cause, index) => {
    return causes.length === 1 ? `    ${cause}` : `    ${index}: ${cause}`;
  });
  return `Error: ${what}\n\nCaused by:\n${lines.join("\n")}`;
}
