/**
 * When the operating system updates itself: only in the site's maintenance window, in the site's
 * time, and the earlier in a rollout of Fedora CoreOS the more daring the device's ring is.
 *
 * Source: Zincati's documentation, "Updates strategy" and "Auto-updates: rollout wariness".
 */
import type { Contribution, DeviceContext } from "./part.ts";

/** 0 takes an update first, 1 last; the ends are left to people who set them by hand. */
const warinessMin = 0.1;
const warinessMax = 0.9;

export function zincati({ fleet, device }: DeviceContext): Contribution {
  const { timeZone, maintenance } = device.site;
  const days = maintenance.days.map((day) => `"${day}"`).join(", ");
  const inline = `[identity]
rollout_wariness = ${rolloutWariness(fleet.rings, device.ring)}

[updates]
strategy = "periodic"

[updates.periodic]
time_zone = "${timeZone}"

[[updates.periodic.window]]
days = [ ${days} ]
start_time = "${maintenance.start}"
length_minutes = ${maintenance.lengthMinutes}
`;
  const path = "/etc/zincati/config.d/55-flotilla.toml";
  return { files: [{ path, mode: 0o644, contents: { inline } }] };
}

/** Even steps from the first ring to the last, with at most two decimals; a lone ring is between. */
export function rolloutWariness(rings: readonly string[], ring: string): number {
  const last = rings.length - 1;
  const share = last === 0 ? 0.5 : rings.indexOf(ring) / last;
  return Number((warinessMin + (warinessMax - warinessMin) * share).toFixed(2));
}
