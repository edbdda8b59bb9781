/** How large an add-on is that holds data: it follows the fleet in few steps, or the operator. */
import { z } from "zod";
import { hubSize } from "../../fleet/rules/hub-size.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";

export const sizes = ["small", "medium", "large"] as const;

export type Size = (typeof sizes)[number];

export const sizeOption = z
  .enum(sizes, { error: `this is no size. Write one of: ${sizes.join(", ")}.` })
  .optional()
  .describe("Storage, memory and retention; default: by the number of devices.");

/**
 * By the machine that Argo CD asks for, so that everything grows in the same few steps: small up to
 * some 250 devices, medium up to some 1,300.
 */
export function sizeOf(fleet: Fleet, chosen: Size | undefined): Size {
  if (chosen !== undefined) return chosen;
  const machine = hubSize(fleet.devices.length, null)?.machineType;
  if (machine === "e2-standard-2") return "small";
  return machine === "e2-standard-4" || machine === "e2-standard-8" ? "medium" : "large";
}
