/**
 * Notes everything that a run asks of the file system, so that a later run can tell whether it would see
 * the same. The synchronous functions of node:fs are replaced for the time of the run, so that what a
 * user's own code reads is noted too. Other functions spoil the trace, except for those of node:fs/promises,
 * with which Node loads modules: own code that names them is not closed (own-code/closed-code.ts).
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { answerTo, type Observation, type Question } from "./observations.ts";

/** What a synchronous function of node:fs asks of its first argument. */
const traced: Readonly<Record<string, Question>> = {
  accessSync: "stat",
  existsSync: "presence",
  lstatSync: "lstat",
  openSync: "contents",
  readdirSync: "list",
  readFileSync: "contents",
  readlinkSync: "link",
  realpathSync: "realpath",
  statSync: "stat",
};

/** Functions of open files, and those with which Flotilla writes its caches. */
const harmless: ReadonlySet<string> = new Set(
  (
    "closeSync fchmodSync fstatSync fsyncSync mkdirSync mkdtempSync readSync renameSync rmSync rmdirSync " +
    "symlinkSync unlinkSync writeSync"
  ).split(" "),
);

/** They run programs, which may read anything. Flotilla starts its own ones by other functions. */
const programRunners = ["execSync", "execFileSync", "spawnSync"] as const;

type AnyFunction = (...args: unknown[]) => unknown;
type Functions = Record<string, unknown>;

let current: DiskTrace | undefined;

/** Says that the run depends on something that is not noted. */
export function spoilTrace(): void {
  current?.spoil();
}

/** Makes what a cache lacks. What is noted is the look at the cache that follows. */
export async function withoutTrace<Result>(make: () => Promise<Result>): Promise<Result> {
  const trace = current;
  if (trace === undefined) return make();
  trace.isPaused = true;
  try {
    return await make();
  } finally {
    trace.isPaused = false;
  }
}

export class DiskTrace {
  readonly #answers = new Map<string, Observation>();
  readonly #restore: (() => void)[] = [];
  #isSpoilt = false;
  isPaused = false;

  /** One at a time. */
  static start(): DiskTrace {
    current = new DiskTrace();
    return current;
  }

  private constructor() {
    const functions = fs as unknown as Functions;
    for (const [name, value] of Object.entries(functions)) {
      if (!isPlainFunction(value) || harmless.has(name)) continue;
      const question = traced[name];
      if (question === undefined) this.#replace(functions, name, () => this.spoil());
      else this.#replace(functions, name, (args) => this.#note(question, args));
    }
    const runners = childProcess as unknown as Functions;
    for (const name of programRunners) this.#replace(runners, name, () => this.spoil());
    syncBuiltinESMExports();
  }

  spoil(): void {
    if (!this.isPaused) this.#isSpoilt = true;
  }

  /** Ends the trace. Undefined if it is not complete. */
  end(): readonly Observation[] | undefined {
    for (const restore of this.#restore) restore();
    syncBuiltinESMExports();
    current = undefined;
    return this.#isSpoilt ? undefined : [...this.#answers.values()];
  }

  #replace(owner: Functions, name: string, before: (args: readonly unknown[]) => void): void {
    const original = owner[name] as AnyFunction;
    function replacement(this: unknown, ...args: unknown[]) {
      before(args);
      return original.apply(this, args);
    }
    // The variant `native` of realpathSync.
    const { native } = original as { readonly native?: AnyFunction };
    owner[name] = Object.assign(
      replacement,
      original,
      native && { native: variant(native, before) },
    );
    this.#restore.push(() => void (owner[name] = original));
  }

  /** The answer from before the call: what changes meanwhile is not taken for what the run saw. */
  #note(question: Question, [path, flags]: readonly unknown[]): void {
    if (this.isPaused || typeof path === "number") return;
    if (question === "contents" && isForWriting(flags)) return;
    const place = path instanceof URL ? fileURLToPath(path) : String(path);
    const absolute = resolve(place);
    const id = `${question} ${absolute}`;
    if (this.#answers.has(id)) return;
    // The answer is looked up by functions that are traced.
    this.isPaused = true;
    this.#answers.set(id, [question, absolute, answerTo(question, absolute)]);
    this.isPaused = false;
  }
}

function variant(original: AnyFunction, before: (args: readonly unknown[]) => void): AnyFunction {
  return (...args) => {
    before(args);
    return original(...args);
  };
}

/** Classes of node:fs (`Stats`) are not called. */
function isPlainFunction(value: unknown): boolean {
  return typeof value === "function" && !/^[A-Z_]/.test(value.name);
}

/** Flags of open(2); readFileSync has options in their place. */
function isForWriting(flags: unknown): boolean {
  if (typeof flags === "number")
    return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
  return typeof flags === "string" && /^[wa]|\+/.test(flags);
}
