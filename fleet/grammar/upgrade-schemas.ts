/** The grammar of upgrades: when a site's devices may restart, and which K3s each ring runs. */
import { z } from "zod";
import { label, matching, window } from "./value-schemas.ts";
import { weekDays } from "../model/maintenance.ts";

/** A K3s release as K3s names it. */
export const k3sReleasePattern = /^v(\d+)\.(\d+)\.(\d+)\+k3s(\d+)$/;

export const k3sRelease = matching(
  k3sReleasePattern,
  "a valid K3s release. Write one like v1.36.5+k3s1.",
);

const siteWindow = () =>
  window(
    { time: "the site's time zone", event: "a device may restart for an update" },
    { days: weekDays, lengthMinutes: 120 },
    10,
  );

export const maintenanceSchema = siteWindow()
  .unwrap()
  .extend({
    also: z.array(siteWindow()).default([]).describe("More windows, if one is not enough."),
    workloads: z
      .enum(["anytime", "window"])
      .default("anytime")
      .describe(
        "When Argo CD may change the site's workloads. window: only in the maintenance windows, including the repair of drift.",
      ),
  })
  .prefault({})
  .describe("The site's maintenance windows: Fedora CoreOS and K3s are updated only inside them.");

export const k3sSchema = z
  .strictObject({
    versions: z
      .record(label, k3sRelease)
      .describe("The K3s release of each ring; devices upgrade in their site's windows."),
  })
  .optional()
  .describe(
    "K3s upgrades of running devices; default: each device keeps the release of its image.",
  );
