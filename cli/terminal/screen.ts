/** The terminal as far as a table or a text depends on it. */
import type { Session } from "./session.ts";

export interface Screen {
  /** Width in characters; undefined where lines are neither wrapped nor cut. */
  readonly columns: number | undefined;
  readonly colours: boolean;
}

const columnsDefault = 80;

/** Colours and a width only where standard output is a terminal. */
export function screenOf({ stream, environment }: Session): Screen {
  const isTerminal = stream?.isTTY === true;
  return {
    columns: isTerminal ? (stream.columns ?? columnsDefault) : undefined,
    // no-color.org: whatever it is set to, unless it is empty.
    colours: isTerminal && !environment["NO_COLOR"] && environment["TERM"] !== "dumb",
  };
}
