/** What `make e2e` and `make e2e-boot` print: what is missing on this machine, and the rows of the table. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { peerPath } from "../peers/peers.ts";
import type { Row } from "./rows.ts";

/** Programs are looked for on the PATH. */
export function missingParts(peers: readonly string[], programs: readonly string[]): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const isThere = (name: string) => folders.some((one) => existsSync(join(one, name)));
  return [
    ...(process.getuid?.() === 0 ? [] : ["root"]),
    ...peers.filter((name) => peerPath(name) === undefined),
    ...programs.filter((name) => !isThere(name)),
  ];
}

/** How long it takes depends on the machine and on what else it does: being late fails nothing. */
export function format({ what, seconds, secondsMax, note, isStandIn = false }: Row): string {
  const time = seconds === undefined ? "" : `${seconds.toFixed(1)} s`;
  const goal = secondsMax === undefined ? "" : ` (goal: at most ${secondsMax} s)`;
  const late = (seconds ?? 0) > (secondsMax ?? Infinity) ? " LATE" : "";
  const mark = isStandIn ? "STAND-IN " : "";
  return `${time.padStart(9)}  ${mark}${what}${goal}${late}${note === undefined ? "" : `: ${note}`}`;
}
