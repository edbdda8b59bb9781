/**
 * When the operating system updates itself: only in the site's maintenance windows, in the site's
 * time, and the earlier in a rollout of Fedora CoreOS the more daring the device's ring is.
 *
 * Source: Zincati's documentation, "Updates strategy" and "Auto-updates: rollout wariness".
 */
import type { MaintenanceWindow } from "../../fleet/model/fleet.ts";
import type { Contribution, DeviceContext } from "./part.ts";

/** 0 takes an update first, 1 last; the ends are left to people who set them by hand. */
const warinessMin = 0.1;
const warinessMax = 0.9;

export function zincati({ fleet, device }: Pick<DeviceContext, "fleet" | "device">): Contribution {
  const { timeZone, maintenance } = device.site;
  const { also = [], ...first } = maintenance;
  const inline = `[identity]
rollout_wariness = ${rolloutWariness(fleet.rings, device.ring)}

[updates]
strategy = "periodic"

[updates.periodic]
time_zone = "${timeZone}"
${[first, ...also].map(windowText).join("")}`;
  const path = "/etc/zincati/config.d/55-flotilla.toml";
  return { files: [{ path, mode: 0o644, contents: { inline } }] };
}

/** It may pass midnight. Zincati counts the minute in which it ends as inside (src/weekly/mod.rs). */
function windowText({ days, start, lengthMinutes }: MaintenanceWindow): string {
  return `
[[updates.periodic.window]]
days = [ ${days.map((day) => `"${day}"`).join(", ")} ]
start_time = "${start}"
length_minutes = ${lengthMinutes}
`;
}

/** Even steps from the first ring to the last, with at most two decimals; a lone ring is between. */
export function rolloutWariness(rings: readonly string[], ring: string): number {
  const last = rings.length - 1;
  const share = last === 0 ? 0.5 : rings.indexOf(ring) / last;
  return Number((warinessMin + (warinessMax - warinessMin) * share).toFixed(2));
}
