/** Checks what runs on the devices, before anything is written. */
import { formatMistake } from "../../fleet/grammar/mistakes.ts";
import { escapeControls } from "../terminal/control-characters.ts";
import type { Session } from "../terminal/session.ts";
import type { LoadedProject } from "./project.ts";

/**
 * Renders every workload, and prints what was not checked.
 *
 * @throws InputError where Kubernetes would refuse an object, ConstructError if a construct fails
 */
export async function checkWorkloads(
  { fleet, notes, ownCode }: Pick<LoadedProject, "fleet" | "notes" | "ownCode">,
  session: Session,
): Promise<void> {
  for (const note of notes) {
    const message = `note: ${note.message}`;
    session.progress(escapeControls(formatMistake({ ...note, message })));
  }
  const { renderWorkloads } = await import("../../gitops/workloads/render.ts");
  renderWorkloads({ ...fleet, constructs: ownCode.registry.workloads });
}
