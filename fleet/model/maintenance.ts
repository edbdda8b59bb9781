/** Maintenance windows. */

/** In week order. */
export const weekDays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** A weekly window: for a site's devices in the site's time zone, for the hub in UTC. */
export interface MaintenanceWindow {
  /** Three-letter English day names, `Mon` to `Sun`, in week order. */
  readonly days: readonly string[];
  /** `HH:MM`, 24 hours. */
  readonly start: string;
  /** 1 to 1440. */
  readonly lengthMinutes: number;
}

/** When a site's devices may restart. */
export interface Maintenance extends MaintenanceWindow {
  /** More windows; none overlaps another. @default none */
  readonly also?: readonly MaintenanceWindow[];
  /** Argo CD changes the site's workloads inside its windows only. @default at any time */
  readonly workloads?: "window";
}
