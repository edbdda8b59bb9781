/** Names of calendars, which are labels and folders, and the calendar cut at midnight. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  calendarName,
  calendarOf,
  dayParts,
  minutesOf,
  timeOf,
} from "../../../fleet/rules/calendar.ts";
import type { Maintenance } from "../../../fleet/model/maintenance.ts";
import type { Site } from "../../../fleet/model/device.ts";
import { sampleFleet } from "../../sample.ts";
import { weekDays } from "../../../fleet/model/maintenance.ts";

const [{ site: boston } = { site: undefined as never }] = sampleFleet.devices;

function siteOf(maintenance: Maintenance, timeZone = "America/New_York"): Site {
  return { ...boston, timeZone, maintenance };
}

const nightly = { days: ["Tue", "Wed"], start: "02:00", lengthMinutes: 120 };

function nameOf(maintenance: Maintenance, timeZone?: string): string {
  return calendarName(calendarOf(siteOf(maintenance, timeZone)));
}

describe("names of calendars", () => {
  test("a window says itself", () => {
    expect(nameOf(nightly)).toBe("america-new-york-tue-wed-0200-120");
    expect(nameOf({ ...nightly, days: weekDays }, "UTC")).toBe("utc-daily-0200-120");
  });

  test("order, doubles and the way in which days are grouped don't matter", () => {
    expect(nameOf({ ...nightly, days: ["Wed", "Tue", "Tue"] })).toBe(nameOf(nightly));
    const apart = { ...nightly, days: ["Wed"], also: [{ ...nightly, days: ["Tue"] }] };
    expect(nameOf(apart)).toBe(nameOf(nightly));
  });

  test("when workloads change is another matter", () => {
    expect(nameOf({ ...nightly, workloads: "window" })).toBe(nameOf(nightly));
  });

  test("every zone has its own, and each is a label of Kubernetes", () => {
    const offsets = Array.from({ length: 25 }, (_, index) => index - 12);
    const zones = [
      ...Intl.supportedValuesOf("timeZone"),
      ...offsets.map((hours) => `Etc/GMT${hours < 0 ? "" : "+"}${hours}`),
    ];
    const sixDays = { ...nightly, days: weekDays.slice(1), lengthMinutes: 1440 };
    const names = zones.flatMap((zone) => [
      nameOf(nightly, zone),
      nameOf(sixDays, zone),
      nameOf({ ...nightly, also: [{ ...nightly, start: "12:00" }] }, zone),
    ]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
  });
});

describe("a calendar cut at midnight", () => {
  test("has a part before and a part after", () => {
    const late = { days: ["Sat", "Sun"], start: "22:30", lengthMinutes: 240 };
    expect(dayParts(calendarOf(siteOf(late)))).toEqual([
      { days: ["Mon", "Sun"], start: 0, end: 150 },
      { days: ["Sat", "Sun"], start: 1350, end: 1440 },
    ]);
  });

  test("has one part for windows that touch", () => {
    const also = [{ ...nightly, start: "04:00", lengthMinutes: 30 }];
    expect(dayParts(calendarOf(siteOf({ ...nightly, also })))).toEqual([
      { days: ["Tue", "Wed"], start: 120, end: 270 },
    ]);
  });

  test("times of day and back", () => {
    fc.assert(fc.property(fc.nat(1439), (minute) => minutesOf(timeOf(minute)) === minute));
  });
});
