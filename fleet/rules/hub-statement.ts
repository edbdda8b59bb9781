/** Which fleets need the statement about the generation of the hub's keys. */
import type { Fleet } from "../model/fleet.ts";

/**
 * A device without a tunnel drops what was on an older hub when it reads the statement. In the first
 * generation there is nothing to drop.
 */
export function needsHubStatement({ hub, devices }: Fleet): boolean {
  return hub.generation > 1 && devices.some(({ connectivity }) => connectivity === "direct");
}
