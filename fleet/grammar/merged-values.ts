/**
 * Values of a user's own classes that fleet.yaml has at several levels: a workload's at its sites, a part's
 * at a profile, a site and a device. Each level is checked by itself, and so is what they merge to.
 */
import type { z } from "zod";
import type { Path } from "./source.ts";

/** The schema of one level: all of it is optional, and checks of several values wait for the result. */
export function levelSchema(schema: z.ZodObject): z.ZodObject {
  return schema.clone({ ...schema.def, checks: [] }).partial();
}

/** Whether the value at `path` is one level of merged values. */
export function isMerged([section, , key, , inner]: Path): boolean {
  if (section === "workloads") return key === "sites";
  if (section !== "profiles" && section !== "sites" && section !== "devices") return false;
  return key === "parts" || (key === "overrides" && inner === "parts");
}
