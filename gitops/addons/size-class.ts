/** The size of an add-on that stores data: small, medium or large. */
import { z } from "zod";

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

/** The most devices of each. They stay as they are: a disk in use does not shrink. */
const smallDevices = 256;
const mediumDevices = 1_394;

export function defaultSize(deviceCount: number): SizeClass {
  if (deviceCount <= smallDevices) return "small";
  return deviceCount <= mediumDevices ? "medium" : "large";
}
