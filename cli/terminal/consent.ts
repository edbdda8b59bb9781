/** Asks the user before something costs money or deletes data. */
import { OperationError } from "../../fleet/files/operation-error.ts";
import type { Session } from "./session.ts";

export interface ConsentOptions {
  /** Go ahead without asking. */
  readonly yes?: boolean;
}

/** @throws OperationError if consent is needed and there is no terminal */
export function refuseWithoutTerminal({ yes }: ConsentOptions, session: Session): void {
  if (yes || session.ask !== undefined) return;
  throw new OperationError(
    "this needs your consent, and there is no terminal to ask. Add --yes to go ahead without asking",
  );
}

/**
 * @param expected the answer that means yes
 * @throws OperationError on any other answer
 */
export async function askFor(
  expected: string,
  question: string,
  { yes }: ConsentOptions,
  session: Session,
): Promise<void> {
  if (yes) return;
  refuseWithoutTerminal({}, session);
  const answer = await session.ask?.(`${question} Write ${expected} to go ahead: `);
  if (answer?.trim() === expected) return;
  throw new OperationError("stopped, because the answer was another one");
}
