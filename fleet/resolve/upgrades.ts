/** What is wrong with upgrades in fleet.yaml, and what they are once it is right. */
import { calendarOf, minutesOfDay, spans, timeOf } from "../rules/calendar.ts";
import type { Calendar, Span } from "../rules/calendar.ts";
import { valueAt } from "../grammar/check.ts";
import type { Lock } from "../lock/lock.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Fleet, Maintenance, MaintenanceWindow, Site } from "../model/fleet.ts";
import { known, unknownReference } from "./references.ts";
import type { FleetInput } from "../grammar/schema.ts";
import { k3sReleasePattern } from "../grammar/upgrades.ts";
import { weekDays } from "../grammar/values.ts";
import type { Source } from "../grammar/source.ts";

/** Namespace and folder of the upgrade controller on devices. */
export const upgradeName = "system-upgrade";

/** Each window that opens while an earlier one of its site is open; told of a sound file only. */
export function overlapMistakes(source: Source, { sites }: FleetInput): Mistake[] {
  return Object.entries(sites).flatMap(([name, { maintenance }]) =>
    maintenance.also.flatMap((window, index) => {
      const earlier = [maintenance, ...maintenance.also.slice(0, index)].flatMap(openings);
      for (const own of openings(window)) {
        const other = earlier.find(({ start, end }) => own.start < end && start < own.end);
        if (other === undefined) continue;
        const path = ["sites", name, "maintenance", "also", index];
        const both = momentText(Math.max(own.start, other.start));
        const message = `this window overlaps the one of ${other.moment}: both are open on ${both}. Write another time, or make one window of the two.`;
        return [source.mistake(path, message)];
      }
      return [];
    }),
  );
}

/** The window's spans, each with the moment at which it opened. */
function openings(window: MaintenanceWindow): readonly (Span & { readonly moment: string })[] {
  return window.days.flatMap((day) =>
    spans({ ...window, days: [day] }).map((span) => ({
      ...span,
      moment: `${day} ${window.start}`,
    })),
  );
}

/** `Tue 02:00`. */
function momentText(minute: number): string {
  return `${weekDays[Math.floor(minute / minutesOfDay)]} ${timeOf(minute % minutesOfDay)}`;
}

export function k3sMistakes(source: Source, input: FleetInput): Mistake[] {
  if (input.k3s === undefined) return [];
  const { rings } = known(source, input);
  const path = ["k3s", "versions"];
  const mistakes = Object.keys(input.k3s.versions).flatMap((ring) =>
    unknownReference(source, [...path, ring], ring, rings, true),
  );
  // As written: a version that is unsound is not absent as well.
  const written = Object.keys((valueAt(source.value, path) as object | undefined) ?? {});
  const absent = (rings ?? []).filter((ring) => !written.includes(ring));
  if (absent.length > 0) {
    const message = `there is no version for ${absent.join(", ")}. Write one for every ring.`;
    mistakes.push(source.keyMistake(path, message));
  }
  if (upgradeName in input.workloads) {
    const message = `"${upgradeName}" is the namespace of the controller that upgrades K3s. Write another name.`;
    mistakes.push(source.keyMistake(["workloads", upgradeName], message));
  }
  return mistakes;
}

/**
 * Versions that a device can't go to from the one that its image installed: K3s' upgrade refuses a
 * lower one (k3s-io/k3s-upgrade, scripts/upgrade.sh), and Kubernetes one that leaves out a minor
 * version (its version skew policy).
 */
export function k3sPinMistakes(source: Source, { k3s }: FleetInput, { pins }: Lock): Mistake[] {
  const installed = releaseOf(pins.k3s.version);
  if (installed === undefined) return [];
  return Object.entries(k3s?.versions ?? {}).flatMap(([ring, version]) => {
    const wanted = releaseOf(version);
    const problem = wanted && problemOf(wanted, installed, version, pins.k3s.version);
    return problem === undefined ? [] : [source.mistake(["k3s", "versions", ring], problem)];
  });
}

function problemOf(
  wanted: readonly number[],
  installed: readonly number[],
  version: string,
  pinned: string,
): string | undefined {
  const index = wanted.findIndex((part, at) => part !== installed[at]);
  if (index === -1) return undefined;
  const [major = 0, minor = 0] = installed;
  const from = `${pinned}, which new images install`;
  if ((wanted[index] ?? 0) < (installed[index] ?? 0)) {
    return `${version} is lower than ${from}, and K3s never goes back. Write ${pinned} or a later one.`;
  }
  if (wanted[0] === major && (wanted[1] ?? 0) <= minor + 1) return undefined;
  return `${version} is more than one minor version above ${from}, and Kubernetes leaves none out. Write a v${major}.${minor + 1} release, or raise the pin in the lock first.`;
}

/** Major, minor, patch and K3s' own number. */
function releaseOf(version: string): readonly number[] | undefined {
  return k3sReleasePattern.exec(version)?.slice(1).map(Number);
}

/** In ring order. */
export function resolvedK3s({ k3s, rings }: FleetInput): Fleet["k3s"] {
  if (k3s === undefined) return null;
  return { versions: new Map(rings.map((ring) => [ring, k3s.versions[ring] ?? ""])) };
}

/** Without what is at its default. */
export function resolvedMaintenance(
  input: FleetInput["sites"][string]["maintenance"],
): Maintenance {
  const { also, workloads, ...window } = input;
  return {
    ...window,
    ...(also.length > 0 && { also }),
    ...(workloads === "window" && { workloads }),
  };
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
