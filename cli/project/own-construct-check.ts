/** Checks what a user's own code adds to the hub, before anything is written. */
import { withoutTrace } from "../runs/disk-trace.ts";
import type { LoadedProject } from "./project.ts";

/**
 * Constructs a user's own add-ons, and the hub's Terraform if their code adds to it. Without such code it
 * loads nothing.
 *
 * @throws ConstructError if one fails
 */
export async function checkOwnConstructs({
  fleet,
  ownCode: { registry, infra, source },
}: Pick<LoadedProject, "fleet" | "ownCode">): Promise<void> {
  if (source === undefined) return;
  const { ownAddonsOf } = await import("../../gitops/registry.ts");
  if (ownAddonsOf(registry).length > 0) {
    const { addonFiles, hubAddons } = await import("../../gitops/addon-files.ts");
    addonFiles(fleet, hubAddons(fleet, registry.addons));
  }
  if (infra === undefined) return;
  const { synthesizeOwnInfra } = await withoutTrace(() => import("./infra-files.ts"));
  await synthesizeOwnInfra(fleet, infra);
}
