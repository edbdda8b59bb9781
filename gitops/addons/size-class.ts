/** The size of an add-on that stores data: small, medium or large. */
import { z } from "zod";
import { hubSize } from "../../fleet/rules/hub-size.ts";

export const sizeClasses = ["small", "medium", "large"] as const;

export type SizeClass = (typeof sizeClasses)[number];

export const sizeOption = z
  .enum(sizeClasses)
  .optional()
  .describe("Storage, memory and retention; default: by the number of devices.");

/** @param what is kept on the add-on's disk, in the plural */
export function retentionOption(what: string) {
  return z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe(`Days that ${what} are kept while the disk has room; default: by the size.`);
}

/**
 * By the machine type that Argo CD needs, so that all of the hub grows in the same few steps: small
 * up to about 250 devices, medium up to about 1,300.
 */
export function defaultSize(deviceCount: number): SizeClass {
  const machine = hubSize(deviceCount, null)?.machineType;
  if (machine === "e2-standard-2") return "small";
  return machine === "e2-standard-4" || machine === "e2-standard-8" ? "medium" : "large";
}
