/** What a plan takes from the machine, and leaves there. */
import { readFileSync } from "node:fs";
import { writeFileAtomically } from "../../fleet/files/atomic.ts";
import { atPath } from "../../fleet/files/failures.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import type { TerraformPlan } from "./model.ts";
import { parseTerraformPlan } from "./terraform.ts";
import type { Screen } from "./text.ts";

/** @throws InputError where one of them is none */
export function readTerraformPlans(files: readonly string[]): readonly TerraformPlan[] {
  return files.map((file) =>
    parseTerraformPlan(
      file,
      atPath(file, () => readFileSync(file)),
    ),
  );
}

export function writePage(file: string, page: string, session: Session): void {
  atPath(file, () => writeFileAtomically(file, page));
  session.progress(`Wrote ${shownPath(file)}`);
}

/** Colours and a width only where a person looks. */
export function screenOf({ stream, environment }: Session): Screen {
  const isTerminal = stream?.isTTY === true;
  const columns = (stream as { readonly columns?: number } | undefined)?.columns;
  const isPlain = Boolean(environment["NO_COLOR"]) || environment["TERM"] === "dumb";
  return {
    ...(isTerminal && columns !== undefined && { columns }),
    colours: isTerminal && !isPlain,
  };
}
