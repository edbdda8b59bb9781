/** The grammar of upgrades: when a site's devices may restart, and which K3s each ring runs. */
import { z } from "zod";
import { label, matching, window } from "./value-schemas.ts";
import { weekDays } from "../model/fleet.ts";

/** A K3s release as K3s names it. */
export const k3sReleasePattern = /^v(\d+)\.(\d+)\.(\d+)\+k3s(\d+)$/;

const siteWindow = () =>
  window(
    { time: "the site's own time", event: "a device may restart for an update" },
    { days: weekDays, lengthMinutes: 120 },
    10,
  );

export const maintenanceSchema = siteWindow()
  .unwrap()
  .extend({
    also: z.array(siteWindow()).default([]).describe("More windows, where one is not enough."),
    workloads: z
      .enum(["anytime", "window"])
      .default("anytime")
      .describe("When Argo CD changes the site's workloads; window: drift waits for it too."),
  })
  .prefault({})
  .describe("The site's calendar: updates of Fedora CoreOS and of K3s stay inside.");

export const k3sSchema = z
  .strictObject({
    versions: z
      .record(label, matching(k3sReleasePattern, "no release of K3s. Write one like v1.36.5+k3s1."))
      .describe("The K3s release of each ring; devices upgrade in their site's windows."),
  })
  .optional()
  .describe("Upgrades of K3s on devices that run; without it they stay at what images install.");
