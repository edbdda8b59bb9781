/**
 * One calendar, three programs: at which minutes of the week does each let a device be changed? Each
 * is played here as its source says, on the very text that it gets. All of them look at the clock on
 * the wall alone, so a week of wall-clock minutes says everything.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { calendarOf } from "../../../fleet/rules/calendar.ts";
import type { Maintenance, MaintenanceWindow } from "../../../fleet/model/maintenance.ts";
import type { Site } from "../../../fleet/model/device.ts";
import { manifests } from "../../../gitops/kubernetes/manifests.ts";
import { syncWindows } from "../../../gitops/argocd/projects.ts";
import { composed, inlineOf } from "../../edge/devices.ts";
import { K3sPlans } from "../../../gitops/upgrades/k3s-plans.ts";
import { sampleFleet } from "../../sample.ts";
import { weekDays } from "../../../fleet/model/maintenance.ts";

const week = 7 * 24 * 60;
const day = 24 * 60;

const window: fc.Arbitrary<MaintenanceWindow> = fc.record({
  days: fc.subarray([...weekDays], { minLength: 1 }),
  start: fc
    .tuple(fc.nat(23), fc.nat(59))
    .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":")),
  lengthMinutes: fc.oneof(fc.integer({ min: 10, max: 1440 }), fc.constant(1440)),
});
const maintenance: fc.Arbitrary<Maintenance> = fc
  .tuple(window, fc.array(window, { maxLength: 3 }))
  .map(([first, also]) => ({ ...first, also }));

/** A letter for each minute: quicker to compare than a list. */
function textOf(open: readonly boolean[]): string {
  return open.map((each) => (each ? "x" : ".")).join("");
}

/** What the words of the fleet file mean: a window opens on its days and stays open so long. */
function meant({ also = [], ...first }: Maintenance): boolean[] {
  const open = Array.from({ length: week }, () => false);
  for (const { days, start, lengthMinutes } of [first, ...also]) {
    const [hour = 0, minute = 0] = start.split(":").map(Number);
    for (const [index, name] of weekDays.entries()) {
      if (!days.includes(name)) continue;
      for (let passed = 0; passed < lengthMinutes; passed++) {
        open[(index * day + hour * 60 + minute + passed) % week] = true;
      }
    }
  }
  return open;
}

/** Zincati, src/weekly/mod.rs: cut at the week's end, and the minute of the end is inside. */
function zincatiOpen(site: Site): boolean[] {
  const [first = expect.fail()] = sampleFleet.devices;
  const device = composed({ ...first, site, snippets: [] });
  const text = inlineOf(device, "/etc/zincati/config.d/55-flotilla.toml");
  const open = Array.from({ length: week }, () => false);
  const pattern = /days = \[ (.*) \]\nstart_time = "(.*):(.*)"\nlength_minutes = (.*)\n/g;
  for (const [, days = "", hour, minute, length] of text.matchAll(pattern)) {
    for (const name of JSON.parse(`[${days}]`) as string[]) {
      const start = weekDays.findIndex((each) => each === name) * day + Number(hour) * 60;
      const from = start + Number(minute);
      const to = from + Number(length);
      for (let at = from; at <= Math.min(to, week - 1); at++) open[at] = true;
      if (to > week) for (let at = 0; at <= to - week; at++) open[at] = true;
    }
  }
  return open;
}

interface PlanWindow {
  readonly days: readonly string[];
  readonly startTime: string;
  readonly endTime: string;
}

/** kured v1.13.1, pkg/timewindow: today must be among the days, and the end's second is inside. */
function plansOpen(site: Site): boolean[] {
  const plans = manifests("plans", (scope) => {
    const upgrade = { binary: { x86_64: "", aarch64: "" }, image: "example.com/upgrade:1" };
    const version = "v1.36.5+k3s1";
    new K3sPlans(scope, "plans", { calendar: calendarOf(site), version, upgrade });
  }) as unknown as readonly { readonly spec: { readonly window: PlanWindow } }[];
  const open = Array.from({ length: week }, () => false);
  for (const { spec } of plans) {
    const { days, startTime, endTime } = spec.window;
    const [start, end] = [secondsOf(startTime), secondsOf(endTime)];
    // One that passed midnight would be another matter; and each begins and ends with a minute.
    expect([start < end, start % 60, end % 60]).toEqual([true, 0, 59]);
    for (const [index, name] of weekDays.entries()) {
      if (!days.includes(name.toLowerCase())) continue;
      for (let second = start; second <= end; second += 60) open[index * day + second / 60] = true;
    }
  }
  return open;
}

function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return (hours * 60 + minutes) * 60 + seconds;
}

/** Argo CD 3.4.4, SyncWindow.active: the next start after (now - duration) is before now. */
function argoOpen(site: Site): boolean[] {
  const open = Array.from({ length: week }, () => false);
  for (const { schedule, duration, kind } of syncWindows(calendarOf(site))) {
    expect(kind).toBe("allow");
    const [minute, hour, ...rest] = String(schedule).split(" ");
    expect(rest.slice(0, 2)).toEqual(["*", "*"]);
    const length = Number(String(duration).replace(/m$/, ""));
    for (const cronDay of String(rest[2]).split(",").map(Number)) {
      const start = ((cronDay + 6) % 7) * day + Number(hour) * 60 + Number(minute);
      // In the middle of each minute.
      for (let at = 0; at < week; at++) {
        const passed = (at + 0.5 - start + week) % week;
        if (passed > 0 && passed < length) open[at] = true;
      }
    }
  }
  return open;
}

test("the three agree in every minute of the week", () => {
  fc.assert(
    fc.property(maintenance, (own) => {
      const [first = expect.fail()] = sampleFleet.devices;
      const site: Site = { ...first.site, maintenance: own };
      const expected = meant(own);
      expect(textOf(plansOpen(site))).toBe(textOf(expected));
      expect(textOf(argoOpen(site))).toBe(textOf(expected));
      // Zincati alone leaves a window open for the minute in which it ends, but on Sunday night.
      const extended = expected.map((open, at) => open || expected[at - 1] === true);
      expect(textOf(zincatiOpen(site))).toBe(textOf(extended));
    }),
    { numRuns: 50 },
  );
});
