/** Checks the operator's own Butane before anything is written. */
import { formatMistake, InputError } from "../../fleet/grammar/mistakes.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Session } from "../terminal/session.ts";

/**
 * Prints the warnings.
 *
 * @throws InputError with every mistake in the snippets of the whole fleet
 */
export async function checkAllSnippets(fleet: Fleet, session: Session): Promise<void> {
  // Most fleets have none, and need no translator.
  if (fleet.devices.every(({ snippets }) => snippets.length === 0)) return;
  const { checkSnippets } = await import("../../edge/fleet-devices.ts");
  const { mistakes, warnings } = checkSnippets(fleet);
  if (mistakes.length > 0) throw new InputError(mistakes);
  for (const warning of warnings) session.progress(`warning: ${formatMistake(warning)}`);
}
