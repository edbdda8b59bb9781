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
    "this command asks for confirmation, but no terminal is attached. Add --yes to continue without asking",
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
  const answer = await session.ask?.(`${question} Type ${expected} to continue: `);
  if (answer?.trim() === expected) return;
  throw new OperationError("stopped: the answer was not the expected one");
}
