/** The rows of the table that `make e2e` and `make e2e-boot` print. */
import type { Row } from "./rows.ts";

/** The time depends on the machine and its other work: a late row does not fail the run. */
export function format({ what, seconds, secondsMax, note, isStandIn = false }: Row): string {
  const time = seconds === undefined ? "" : `${seconds.toFixed(1)} s`;
  const goal = secondsMax === undefined ? "" : ` (goal: at most ${secondsMax} s)`;
  const late = (seconds ?? 0) > (secondsMax ?? Infinity) ? " LATE" : "";
  const mark = isStandIn ? "STAND-IN " : "";
  return `${time.padStart(9)}  ${mark}${what}${goal}${late}${note === undefined ? "" : `: ${note}`}`;
}
