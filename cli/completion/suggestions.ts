/** What can follow at the cursor of a command line. */
import type { Argument, Command, Option } from "commander";

export interface Suggestion {
  readonly word: string;
  /** What it is, in one line. */
  readonly meaning?: string;
}

/** What the fleet file has names of. */
const nameKinds = ["device", "workload", "site", "ring", "profile", "environment"] as const;

export type NameKind = (typeof nameKinds)[number];

interface Position {
  readonly command: Command;
  /** How many arguments of the command are complete. */
  readonly argumentCount: number;
  /** The option whose value is at the cursor. */
  readonly option?: Option | undefined;
  /** Whether options are possible. */
  readonly takesOptions: boolean;
}

/**
 * @param words of the command line without the program; the last one is at the cursor, and may be empty
 * @param namesOf names from the fleet file; called only where one is possible
 */
export function suggestions(
  program: Command,
  words: readonly string[],
  namesOf: (kind: NameKind) => readonly string[],
): readonly Suggestion[] {
  const separated = withoutEqualSigns(words);
  const current = separated.at(-1) ?? "";
  const position = positionOf(program, separated.slice(0, -1));
  if (position === undefined) return [];
  const found = candidates(program, position, current, namesOf);
  return found.filter(({ word }) => word.startsWith(current));
}

/** bash gives `--ring=canary` as three words. */
function withoutEqualSigns(words: readonly string[]): readonly string[] {
  const result: string[] = [];
  for (const [index, word] of words.entries()) {
    const isSign = word === "=" && words[index - 1]?.startsWith("--") === true;
    if (!isSign) result.push(word);
    else if (index === words.length - 1) result.push("");
  }
  return result;
}

function positionOf(program: Command, words: readonly string[]): Position | undefined {
  let command = program;
  let argumentCount = 0;
  let option: Option | undefined;
  let takesOptions = true;
  for (const word of words) {
    // A variadic option takes words up to the next option, as commander reads them.
    if (option !== undefined && !(option.variadic && word.startsWith("-"))) {
      if (!option.variadic) option = undefined;
      continue;
    }
    option = undefined;
    if (takesOptions && word === "--") takesOptions = false;
    else if (takesOptions && word.startsWith("-")) {
      const known = optionsOf(program, command).find(isNamed(word));
      if (known?.required === true) option = known;
    } else if (command === program) {
      const found = program.commands.find((each) => each.name() === word);
      if (found === undefined) return undefined;
      command = found;
    } else argumentCount += 1;
  }
  return { command, argumentCount, option, takesOptions };
}

const isNamed = (name: string) => (option: Option) => [option.long, option.short].includes(name);

function optionsOf(program: Command, command: Command): readonly Option[] {
  return command === program ? program.options : [...command.options, ...program.options];
}

function candidates(
  program: Command,
  { command, argumentCount, option, takesOptions }: Position,
  current: string,
  namesOf: (kind: NameKind) => readonly string[],
): readonly Suggestion[] {
  const values = (of: Option | Argument) => valuesOf(program, of, namesOf);
  // After one value of a variadic option, another option may follow.
  if (option !== undefined && !(option.variadic && current.startsWith("-"))) return values(option);
  if (takesOptions && current.startsWith("-")) {
    const options = optionsOf(program, command);
    const [name = "", value] = current.split("=", 2);
    const named = value === undefined ? undefined : options.find(isNamed(name));
    if (named !== undefined) {
      return values(named).map((each) => ({ ...each, word: `${name}=${each.word}` }));
    }
    return options
      .filter(({ hidden, long }) => !hidden && long)
      .map(({ long, description }) => ({ word: long ?? "", meaning: description }));
  }
  if (command === program) return commandsOf(program);
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[argumentCount] ?? (last?.variadic ? last : undefined);
  return argument === undefined ? [] : values(argument);
}

function commandsOf(program: Command): readonly Suggestion[] {
  return program.commands.map((each) => ({ word: each.name(), meaning: each.summary() }));
}

function valuesOf(
  program: Command,
  of: Option | Argument,
  namesOf: (kind: NameKind) => readonly string[],
): readonly Suggestion[] {
  if (of.argChoices !== undefined) return of.argChoices.map((word) => ({ word }));
  // By the word in its brackets, `--from <ring>`, or by its own name, `--ring <name>`.
  const shown = "flags" in of ? /[<[]([a-z]+)/.exec(of.flags)?.[1] : of.name();
  if (shown === "command") return commandsOf(program);
  const kind = nameKinds.find((each) =>
    [each, `${each}s`].some((name) => [shown, of.name()].includes(name)),
  );
  return kind === undefined ? [] : namesOf(kind).map((word) => ({ word, meaning: kind }));
}
