import type { MaintenanceWindow } from "../../fleet/model/maintenance.ts";

/** A recurring window as GKE takes it: its first occurrence, and a rule of RFC 5545. */
export interface RecurringWindow {
  /** RFC 3339, UTC. */
  readonly startTime: string;
  readonly endTime: string;
  readonly recurrence: string;
}

/** A Thursday in the past: the first occurrence. */
const epoch = "2026-01-01";

/** @param window in UTC */
export function recurringWindow({
  days,
  start,
  lengthMinutes,
}: MaintenanceWindow): RecurringWindow {
  const opens = new Date(`${epoch}T${start}:00Z`);
  const closes = new Date(opens.getTime() + lengthMinutes * 60_000);
  const text = (time: Date): string => time.toISOString().replace(".000Z", "Z");
  const names = days.map((day) => day.slice(0, 2).toUpperCase());
  return {
    startTime: text(opens),
    endTime: text(closes),
    recurrence: `FREQ=WEEKLY;BYDAY=${names.join(",")}`,
  };
}
