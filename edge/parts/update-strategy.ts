/**
 * When the operating system updates itself (Zincati): only in maintenance windows, in the time zone
 * of the device's site.
 *
 * Source: Zincati's documentation, "Updates strategy" and "Auto-updates: rollout wariness".
 */
import { Construct } from "constructs";
import { z } from "zod";
import { timeZone } from "../../fleet/grammar/time-zone.ts";
import { maintenanceSchema } from "../../fleet/grammar/upgrade-schemas.ts";
import type { MaintenanceWindow } from "../../fleet/model/maintenance.ts";
import { overlaps } from "../../fleet/resolve/maintenance-mistakes.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";

export interface UpdateStrategyProps {
  /** The IANA time-zone name of the windows. */
  readonly timeZone: string;
  /** At least one. A window may pass midnight. */
  readonly windows: readonly MaintenanceWindow[];
  /** How late the device is in a rollout of Fedora CoreOS: 0 is first, 1 is last. */
  readonly rolloutWariness: number;
}

const fields = maintenanceSchema.unwrap().shape;

/** What fleet.yaml may omit is required here. */
const window = z.object({
  days: fields.days.unwrap(),
  start: fields.start.unwrap(),
  lengthMinutes: fields.lengthMinutes.unwrap(),
});

const schema = z.object({
  timeZone,
  windows: z.array(window).min(1, {
    error: "this list is empty. Write at least one window: nothing updates outside it.",
  }),
  rolloutWariness: z.number().min(0).max(1),
});

export class UpdateStrategy extends Construct {
  constructor(scope: Construct, id: string, props: UpdateStrategyProps) {
    super(scope, id);
    requireProps(this, props, schema, ({ mistake }) =>
      overlaps(props.windows).map(({ index, message }) => mistake(["windows", index], message)),
    );
    const inline = `[identity]
rollout_wariness = ${props.rolloutWariness}

[updates]
strategy = "periodic"

[updates.periodic]
time_zone = "${props.timeZone}"
${props.windows.map(windowText).join("")}`;
    const path = "/etc/zincati/config.d/55-flotilla.toml";
    EdgeDevice.of(this).addFile(this, { path, mode: 0o644, contents: { inline } });
  }
}

/** Zincati counts the minute in which a window ends as inside (src/weekly/mod.rs). */
function windowText({ days, start, lengthMinutes }: MaintenanceWindow): string {
  return `
[[updates.periodic.window]]
days = [ ${days.map((day) => `"${day}"`).join(", ")} ]
start_time = "${start}"
length_minutes = ${lengthMinutes}
`;
}
