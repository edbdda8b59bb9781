/**
 * Parses a command line like coreos-installer: options before, between or after the operands,
 * `-ovalue`, `-o=value`, `--output=value`, combined flags, `--`. The errors are those of its library,
 * and have the exit code 2.
 */

export interface Option {
  /** Without the dashes. */
  readonly long: string;
  readonly short?: string;
  /** The name of the value in the help; absent for a flag. */
  readonly value?: string;
  /** May be given several times. */
  readonly isList?: boolean;
  readonly isRequired?: boolean;
  readonly help: string;
  /** What is wrong with a value, or undefined. */
  readonly check?: (value: string) => string | undefined;
}

export interface Operand {
  /** The name in the help: `<ISO>`. */
  readonly name: string;
  readonly help: string;
  /** The default. Without it, the operand is required. */
  readonly fallback?: string;
}

export interface Parsed {
  /** Whether a flag is given. */
  readonly has: (long: string) => boolean;
  /** The value of an option that is given once. */
  readonly value: (long: string) => string | undefined;
  readonly values: (long: string) => readonly string[];
  readonly operand: (name: string) => string;
}

/** The command line is not valid. The message has several lines. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** `-h` or `--help` was given. */
export class HelpWanted extends Error {
  override readonly name = "HelpWanted";
}

/** @throws UsageError, HelpWanted */
export function parseArguments(
  args: readonly string[],
  options: readonly Option[],
  operands: readonly Operand[],
  usage: string,
): Parsed {
  const parser = new Parser(options, operands, usage);
  parser.read(args);
  return parser.finish();
}

class Parser {
  readonly #options: readonly Option[];
  readonly #operands: readonly Operand[];
  readonly #usage: string;
  readonly #values = new Map<string, string[]>();
  readonly #given: string[] = [];

  constructor(options: readonly Option[], operands: readonly Operand[], usage: string) {
    this.#options = options;
    this.#operands = operands;
    this.#usage = usage;
  }

  read(args: readonly string[]): void {
    const rest = [...args];
    for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
      if (arg === "--") {
        for (const operand of rest) this.#operand(operand);
        return;
      }
      if (arg.startsWith("--")) this.#long(arg, rest);
      else if (arg.startsWith("-") && arg !== "-") this.#short(arg, rest);
      else this.#operand(arg);
    }
  }

  finish(): Parsed {
    const missing = [
      ...this.#options
        .filter(({ long, isRequired }) => isRequired && !this.#values.has(long))
        .map(shown),
      ...this.#operands.slice(this.#given.length).flatMap(({ name, fallback }) => {
        return fallback === undefined ? [`<${name}>`] : [];
      }),
    ];
    if (missing.length > 0) {
      const list = missing.map((each) => `\n  ${each}`).join("");
      throw this.#mistake(`the following required arguments were not provided:${list}`);
    }
    const values = this.#values;
    return {
      has: (long) => values.has(long),
      value: (long) => values.get(long)?.[0],
      values: (long) => values.get(long) ?? [],
      operand: (name) => {
        const index = this.#operands.findIndex((each) => each.name === name);
        return this.#given[index] ?? this.#operands[index]?.fallback ?? "";
      },
    };
  }

  #long(arg: string, rest: string[]): void {
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
    const value = equals < 0 ? undefined : arg.slice(equals + 1);
    if (name === "help" && value === undefined) throw new HelpWanted();
    const option = this.#options.find(({ long }) => long === name);
    if (option === undefined) throw this.#unexpected(`--${name}`);
    this.#take(option, value, rest);
  }

  /** Flags can be combined. The value of the last letter is the rest, or the next argument. */
  #short(arg: string, rest: string[]): void {
    for (let index = 1; index < arg.length; index += 1) {
      const letter = arg[index] ?? "";
      if (letter === "h") throw new HelpWanted();
      const option = this.#options.find(({ short }) => short === letter);
      if (option === undefined) throw this.#unexpected(`-${letter}`);
      const left = arg.slice(index + 1);
      if (option.value !== undefined || left.startsWith("=")) {
        const value = left === "" ? undefined : left.replace(/^=/, "");
        this.#take(option, value, rest);
        return;
      }
      this.#take(option, undefined, rest);
    }
  }

  #take(option: Option, attached: string | undefined, rest: string[]): void {
    const { long, isList, check } = option;
    if (this.#values.has(long) && !isList) {
      throw this.#mistake(`the argument '${shown(option)}' cannot be used multiple times`);
    }
    if (option.value === undefined) {
      if (attached !== undefined) {
        throw this.#mistake(
          `unexpected value '${attached}' for '--${long}' found; no more were expected`,
        );
      }
      this.#values.set(long, []);
      return;
    }
    const value = attached ?? this.#next(option, rest);
    const wrong = check?.(value);
    if (wrong !== undefined) {
      throw new UsageError(withHint(`invalid value '${value}' for '${shown(option)}': ${wrong}`));
    }
    this.#values.set(long, [...(this.#values.get(long) ?? []), value]);
  }

  #next(option: Option, rest: string[]): string {
    const [next] = rest;
    const looksLikeOption = next?.startsWith("-") === true && next !== "-";
    if (next === undefined || looksLikeOption) {
      if (next !== undefined && next !== "--" && !this.#knows(next)) {
        throw this.#unexpected(
          next.startsWith("--") ? (next.split("=")[0] ?? next) : next.slice(0, 2),
        );
      }
      throw new UsageError(
        withHint(`a value is required for '${shown(option)}' but none was supplied`),
      );
    }
    rest.shift();
    return next;
  }

  #knows(arg: string): boolean {
    return this.#options.some(({ long, short }) =>
      arg.startsWith("--") ? arg.slice(2).split("=")[0] === long : arg[1] === short,
    );
  }

  #operand(arg: string): void {
    if (this.#given.length === this.#operands.length) {
      throw this.#mistake(`unexpected argument '${arg}' found`);
    }
    this.#given.push(arg);
  }

  #unexpected(name: string): UsageError {
    const tip = `  tip: to pass '${name}' as a value, use '-- ${name}'`;
    return this.#mistake(`unexpected argument '${name}' found\n\n${tip}`);
  }

  #mistake(message: string): UsageError {
    return new UsageError(withHint(`${message}\n\nUsage: ${this.#usage}`));
  }
}

/** `--output <path>`. */
function shown({ long, value }: Option): string {
  return value === undefined ? `--${long}` : `--${long} <${value}>`;
}

function withHint(message: string): string {
  return `error: ${message}\n\nFor more information, try '--help'.`;
}
