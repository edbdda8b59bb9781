/** What a run saw of the disk: each observation is a question to the file system, and its answer. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";

/** The kinds of questions. Each answer is a short text, of errors their code. */
const questions = {
  contents: (path) => {
    // A pipe would block.
    const stats = statSync(path);
    return stats.isFile() ? digest(readFileSync(path)) : typeOf(stats);
  },
  link: (path) => readlinkSync(path),
  list: (path) =>
    digest(
      readdirSync(path, { withFileTypes: true })
        .map((entry) => `${entry.name}\0${typeOf(entry)}`)
        .toSorted()
        .join("\0"),
    ),
  lstat: (path) => described(lstatSync(path)),
  /** Whether there is one. */
  presence: (path) => String(existsSync(path)),
  realpath: (path) => realpathSync(path),
  stat: (path) => described(statSync(path)),
} as const satisfies Readonly<Record<string, (path: string) => string>>;

export type Question = keyof typeof questions;
export type Observation = readonly [question: Question, path: string, answer: string];

/** @param path absolute */
export function answerTo(question: Question, path: string): string {
  try {
    return questions[question](path);
  } catch (error) {
    return `error ${(error as NodeJS.ErrnoException).code}`;
  }
}

export function isQuestion(word: unknown): word is Question {
  return typeof word === "string" && Object.hasOwn(questions, word);
}

/** The times of a folder change with every file in it, and nobody asks for them. */
function described(stats: Stats): string {
  const { size, mtimeMs, ctimeMs, mode, uid } = stats;
  const times = stats.isDirectory() ? [] : [size, mtimeMs, ctimeMs];
  return [typeOf(stats), mode, uid, ...times].join(" ");
}

function typeOf(entry: Pick<Stats, "isFile" | "isDirectory" | "isSymbolicLink">): string {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}

export function digest(contents: string | Uint8Array): string {
  return createHash("sha256").update(contents).digest("hex");
}
