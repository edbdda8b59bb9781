/**
 * The records of runs that only read: everything that a run saw of the disk, and what it printed. While
 * the disk answers the same, the same command prints the same, and nothing of it has to run again.
 *
 * A record is in node_modules/.cache/flotilla/runs. One that is damaged, of another user, of another
 * Flotilla or Node, or of other arguments is not used: then the command runs.
 */
import { mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { nearestAbove } from "../../fleet/files/search-above.ts";
import { answerTo, digest, isQuestion, type Observation } from "./observations.ts";

/** Texts in their order, each to one of the streams. */
export type Printed = readonly (readonly [stream: "stdout" | "stderr", text: string])[];

interface RunRecord {
  readonly observations: readonly Observation[];
  readonly printed: Printed;
}

/** Where a command of the current folder has its record; undefined where it cannot have one. */
export interface RecordPlace {
  readonly file: string;
  /** The caches of Flotilla, which a run fills itself. */
  readonly cache: string;
}

/** @param inputs of the run, beside the disk: arguments, variables, versions */
export function recordPlace(inputs: readonly unknown[]): RecordPlace | undefined {
  const modules = nearestAbove(process.cwd(), "node_modules");
  if (modules === undefined) return undefined;
  const cache = join(realpathSync(modules), ".cache", "flotilla");
  const name = digest(JSON.stringify([process.cwd(), ...inputs])).slice(0, 32);
  return { file: join(cache, "runs", `${name}.json`), cache: cache + sep };
}

/** What the run printed, if it would see the same now. */
export function knownRun({ file }: RecordPlace): Printed | undefined {
  const record = readRecord(file);
  const isCurrent = record?.observations.every(
    ([question, path, answer]) => answerTo(question, path) === answer,
  );
  return isCurrent ? record?.printed : undefined;
}

/** Keeps a run, unless something that it saw has changed meanwhile. */
export function keepRun(
  { file, cache }: RecordPlace,
  seen: readonly Observation[],
  printed: Printed,
): void {
  const observations: Observation[] = [];
  for (const [question, path, before] of seen) {
    const answer = answerTo(question, path);
    if (answer !== before && !path.startsWith(cache)) return;
    observations.push([question, path, answer]);
  }
  const body = JSON.stringify({ observations, printed } satisfies RunRecord);
  try {
    mkdirSync(join(cache, "runs"), { recursive: true });
    writeFileAtomically(file, `${digest(body)}\n${body}`, 0o600);
  } catch {
    // An installation that this user may not write to.
  }
}

function readRecord(file: string): RunRecord | undefined {
  try {
    const { uid } = statSync(file);
    if (![process.getuid?.() ?? uid, 0].includes(uid)) return undefined;
    const [id, body = ""] = readFileSync(file, "utf8").split("\n");
    if (digest(body) !== id) return undefined;
    const record = JSON.parse(body) as RunRecord;
    return record.observations.every(([question]) => isQuestion(question)) ? record : undefined;
  } catch {
    return undefined;
  }
}
