/** Checks what the operator adds to devices, before anything is written: their own parts and Butane. */
import { formatMistake, InputError } from "../../fleet/grammar/mistakes.ts";
import type { Session } from "../terminal/session.ts";
import type { LoadedProject } from "./project.ts";

/**
 * Prints the warnings.
 *
 * @throws InputError with every mistake in the snippets of the whole fleet, ConstructError of a part
 */
export async function checkAdditions(
  { fleet, ownCode: { parts } }: Pick<LoadedProject, "fleet" | "ownCode">,
  session: Session,
): Promise<void> {
  const hasSnippets = fleet.devices.some(({ snippets }) => snippets.length > 0);
  // Most fleets have none, and need no translator.
  if (!hasSnippets && fleet.devices.every((each) => each.parts === undefined)) return;
  const { checkOwnParts, checkSnippets } = await import("../../edge/fleet-devices.ts");
  checkOwnParts(fleet, parts);
  const { mistakes, warnings } = checkSnippets(fleet, parts);
  if (mistakes.length > 0) throw new InputError(mistakes);
  for (const warning of warnings) session.progress(`warning: ${formatMistake(warning)}`);
}
