/** Runs one command line of `flotilla iso` and says with which code it ends. */
import { Refusal } from "../../../edge/iso/refusal.ts";
import { HelpWanted, parseArguments, UsageError } from "./arguments.ts";
import { isoCommands } from "./commands.ts";
import type { IsoCommand } from "./commands.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { formatRefusal } from "./world.ts";
import type { World } from "./world.ts";

const exit = { done: 0, failed: 1, usage: 2 };

/** `args` are those behind `flotilla iso`. Errors that are no refusals are thrown. */
export async function runIso(args: readonly string[], world: World): Promise<number> {
  const found = findCommand(args);
  if (found === undefined) return describeGroup(args, world);
  const { command, rest } = found;
  const usage = usageOf(command);
  try {
    await command.run(parseArguments(rest, command.options, command.operands, usage), world);
    return exit.done;
  } catch (error) {
    if (error instanceof HelpWanted) {
      world.out(commandHelp(command, usage));
      return exit.done;
    }
    if (error instanceof UsageError) {
      world.error(error.message);
      return exit.usage;
    }
    if (error instanceof Refusal) {
      world.error(formatRefusal(error));
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

/** The line of arguments, with what is required by name. */
function usageOf({ name, options, operands }: IsoCommand): string {
  const required = options
    .filter(({ isRequired }) => isRequired)
    .map(({ long, value }) => ` --${long} <${value}>`);
  const places = operands.map(({ name: operand, fallback }) =>
    fallback === undefined ? ` <${operand}>` : ` [${operand}]`,
  );
  return `flotilla iso ${name} [OPTIONS]${required.join("")}${places.join("")}`;
}

/** What there is, where no command is named: a mistake unless somebody asks for help. */
function describeGroup(args: readonly string[], world: World): number {
  const groups = new Set(isoCommands.flatMap(({ name }) => name.match(/^\w+(?= )/) ?? []));
  const [first, second] = args;
  const isGroup = first !== undefined && groups.has(first);
  const group = isGroup ? first : undefined;
  const word = isGroup ? second : first;
  const help = groupHelp(group);
  if (word === "-h" || word === "--help" || word === "help") {
    world.out(help);
    return exit.done;
  }
  if (word === undefined) {
    world.error(help.trimEnd());
    return exit.usage;
  }
  const what = word.startsWith("-") ? "unexpected argument" : "unrecognized subcommand";
  const found = word.startsWith("-") ? `'${word}' found` : `'${word}'`;
  const usage = `Usage: flotilla iso ${group === undefined ? "" : `${group} `}<COMMAND>`;
  world.error(`error: ${what} ${found}\n\n${usage}\n\nFor more information, try '--help'.`);
  return exit.usage;
}
