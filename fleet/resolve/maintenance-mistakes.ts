/** Maintenance windows of a site that overlap. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { weekDays } from "../model/maintenance.ts";
import { minutesOfDay, spans, timeOf, type Span } from "../rules/calendar.ts";
import type { MaintenanceWindow } from "../model/maintenance.ts";

/** Each window that overlaps an earlier one of its site. Only for a file without other mistakes. */
export function overlapMistakes(source: Source, { sites }: FleetInput): Mistake[] {
  return Object.entries(sites).flatMap(([name, { maintenance }]) =>
    overlaps([maintenance, ...maintenance.also]).map(({ index, message }) =>
      // The first window is the site's own.
      source.mistake(["sites", name, "maintenance", "also", index - 1], message),
    ),
  );
}

interface Overlap {
  readonly index: number;
  readonly message: string;
}

/** Windows that overlap an earlier one of their list. */
export function overlaps(windows: readonly MaintenanceWindow[]): readonly Overlap[] {
  return windows.flatMap((window, index) => {
    const earlier = windows.slice(0, index).flatMap(openings);
    for (const own of openings(window)) {
      const other = earlier.find(({ start, end }) => own.start < end && start < own.end);
      if (other === undefined) continue;
      const both = momentText(Math.max(own.start, other.start));
      const message = `this window overlaps the one on ${other.moment}: both are open on ${both}. Write another time, or merge the two windows.`;
      return [{ index, message }];
    }
    return [];
  });
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
