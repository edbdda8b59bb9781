/** The rows of the table that `make e2e` and `make e2e-boot` print. */
import type { Row } from "./rows.ts";

/** How long it takes depends on the machine and on what else it does: being late fails nothing. */
export function format({ what, seconds, secondsMax, note, isStandIn = false }: Row): string {
  const time = seconds === undefined ? "" : `${seconds.toFixed(1)} s`;
  const goal = secondsMax === undefined ? "" : ` (goal: at most ${secondsMax} s)`;
  const late = (seconds ?? 0) > (secondsMax ?? Infinity) ? " LATE" : "";
  const mark = isStandIn ? "STAND-IN " : "";
  return `${time.padStart(9)}  ${mark}${what}${goal}${late}${note === undefined ? "" : `: ${note}`}`;
}
