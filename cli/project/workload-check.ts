/** Checks what runs on the devices, before anything is written. */
import { formatMistake, type Mistake } from "../../fleet/grammar/mistakes.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { escapeControls } from "../terminal/control-characters.ts";
import type { Session } from "../terminal/session.ts";

/**
 * Renders every workload, and prints what was not checked.
 *
 * @throws InputError where Kubernetes would refuse an object, WorkloadError if a construct fails
 */
export async function checkWorkloads(
  fleet: Fleet,
  notes: readonly Mistake[],
  session: Session,
): Promise<void> {
  for (const note of notes) {
    const message = `note: ${note.message}`;
    session.progress(escapeControls(formatMistake({ ...note, message })));
  }
  const { renderWorkloads } = await import("../../gitops/workloads/render.ts");
  renderWorkloads(fleet);
}
