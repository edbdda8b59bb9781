/**
 * The maintenance calendar of a site: the minutes of the week, in the site's time zone, in which
 * its devices may restart. One calendar becomes the windows of Zincati
 * (edge/parts/update-strategy.ts), of the upgrade Plans (gitops/upgrades/k3s-plans.ts) and of Argo
 * CD (gitops/argocd/projects.ts).
 *
 * All three compare the local time with the window. So when summer time starts, a window in the
 * skipped hour is shorter or does not open. When it ends, a window in the repeated hour opens
 * twice.
 */
import { createHash } from "node:crypto";
import type { Fleet } from "../model/fleet.ts";
import type { MaintenanceWindow } from "../model/maintenance.ts";
import type { Site } from "../model/device.ts";
import { weekDays } from "../model/maintenance.ts";

export const minutesOfDay = 1440;
const minutesOfWeek = 7 * minutesOfDay;

export interface Calendar {
  /** An IANA time-zone name. */
  readonly timeZone: string;
  /** No two of them open at the same time of day for the same length; in that order. */
  readonly windows: readonly MaintenanceWindow[];
}

/** A part of the day, the same on each of its days. It never crosses midnight. */
export interface DayPart {
  /** In week order. */
  readonly days: readonly string[];
  /** Minutes since midnight. */
  readonly start: number;
  /** Minutes since midnight, at most 1440; exclusive. */
  readonly end: number;
}

/** Two sites with the same windows in the same time zone have equal calendars. */
export function calendarOf({ timeZone, maintenance }: Site): Calendar {
  const { also = [], ...first } = maintenance;
  const days = new Map<string, Set<string>>();
  for (const window of [first, ...also]) {
    const key = `${window.start} ${String(window.lengthMinutes).padStart(4, "0")}`;
    days.set(key, new Set([...(days.get(key) ?? []), ...window.days]));
  }
  const windows = [...days].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    timeZone,
    windows: windows.map(([key, own]) => ({
      days: inWeekOrder(own),
      start: key.slice(0, 5),
      lengthMinutes: Number(key.slice(6)),
    })),
  };
}

/** Kubernetes' limit for the value of a label. */
const nameLengthMax = 63;

/**
 * A name that only equal calendars share: `america-new-york-tue-wed-0200-120`. If it is too long
 * for a label, or if there are several windows, it ends with a fingerprint.
 */
export function calendarName(calendar: Calendar): string {
  const { timeZone, windows } = calendar;
  // Etc/GMT+5 and Etc/GMT-5 are ten hours apart.
  const zone = slug(timeZone.replaceAll("+", "-plus-"));
  const [window] = windows;
  if (windows.length === 1 && window !== undefined) {
    const { days, start, lengthMinutes } = window;
    const named = days.length === weekDays.length ? ["daily"] : days;
    const name = [zone, ...named, start.replace(":", ""), lengthMinutes].join("-").toLowerCase();
    if (name.length <= nameLengthMax) return name;
  }
  const digest = createHash("sha256").update(JSON.stringify(calendar)).digest("hex").slice(0, 12);
  return `${zone.slice(0, nameLengthMax - 13)}-${digest}`;
}

/** The calendar cut at midnight, for programs whose windows belong to one day; sorted by start. */
export function dayParts({ windows }: Calendar): readonly DayPart[] {
  const days = new Map<string, string[]>();
  for (const [index, day] of weekDays.entries()) {
    const midnight = index * minutesOfDay;
    for (const { start, end } of joined(windows.flatMap(spans))) {
      const from = Math.max(start - midnight, 0);
      const to = Math.min(end - midnight, minutesOfDay);
      if (from >= to) continue;
      const key = `${from} ${to}`;
      days.set(key, [...(days.get(key) ?? []), day]);
    }
  }
  const parts = [...days].map(([key, own]): DayPart => {
    const [start = 0, end = 0] = key.split(" ").map(Number);
    return { days: own, start, end };
  });
  return parts.toSorted((a, b) => a.start - b.start || a.end - b.end);
}

/** A part of the week, in minutes since Monday, 00:00; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** When a window is open. A part after Sunday midnight is at the start of the week. */
export function spans({ days, start, lengthMinutes }: MaintenanceWindow): readonly Span[] {
  return inWeekOrder(days).flatMap((day) => {
    const from = weekDays.findIndex((each) => each === day) * minutesOfDay + minutesOf(start);
    const to = from + lengthMinutes;
    if (to <= minutesOfWeek) return [{ start: from, end: to }];
    return [
      { start: from, end: minutesOfWeek },
      { start: 0, end: to - minutesOfWeek },
    ];
  });
}

/** Minutes since midnight of `HH:MM`. */
export function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** `HH:MM` of minutes since midnight. */
export function timeOf(minutes: number): string {
  const parts = [Math.floor(minutes / 60), minutes % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/** Merges parts that touch or overlap. */
function joined(all: readonly Span[]): readonly Span[] {
  const found: Span[] = [];
  for (const span of all.toSorted((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last === undefined || last.end < span.start) found.push(span);
    else found[found.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
  }
  return found;
}

function inWeekOrder(days: Iterable<string>): readonly string[] {
  const own = new Set(days);
  return weekDays.filter((day) => own.has(day));
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

/** Each calendar of a fleet's devices in a ring, once. */
export function calendarsOf(fleet: Fleet, ring: string): readonly Calendar[] {
  const sites = new Set<Site>(
    fleet.devices.filter((device) => device.ring === ring).map(({ site }) => site),
  );
  const calendars = new Map(
    [...sites].map((site) => {
      const calendar = calendarOf(site);
      return [JSON.stringify(calendar), calendar] as const;
    }),
  );
  return [...calendars].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, calendar]) => calendar);
}
