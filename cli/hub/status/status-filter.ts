/** Which devices `flotilla status` shows. */
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { selectDevices, unknownName } from "../../project/device-selection.ts";
import { isAway, type DeviceStatus } from "./fleet-status.ts";

/** All conditions must hold. */
export interface StatusFilter {
  /** Names, patterns (`store-*`) and ranges (`store-{0001..0010}`). @default every device */
  readonly words: readonly string[];
  readonly site?: string;
  readonly ring?: string;
  readonly profile?: string;
  /** Each `name=value`; a device carries all of them. */
  readonly label?: readonly string[];
  /** Away or degraded ones; with both, one of the two is enough. */
  readonly away?: boolean;
  readonly degraded?: boolean;
}

/**
 * The test that a device must pass.
 *
 * @throws InputError with every condition that no device can meet, and what was most likely meant
 */
export function statusFilter(
  fleet: Fleet,
  fleetFile: string,
  filter: StatusFilter,
): (device: DeviceStatus) => boolean {
  const { site, ring, profile, label = [], words } = filter;
  const { devices, rings } = fleet;
  const mistakes = [
    ...unknownName("site", site, new Set(devices.map((each) => each.site.name))),
    ...unknownName("ring", ring, new Set(rings)),
    ...unknownName("profile", profile, new Set(devices.map((each) => each.profile.name))),
  ];
  if (mistakes.length > 0) {
    throw new InputError(mistakes.map((message) => ({ file: fleetFile, message })));
  }
  const names =
    words.length === 0
      ? undefined
      : new Set(selectDevices({ fleet }, fleetFile, { words }).map((each) => each.name));
  const labels = label.map((text) => text.split(/=(.*)/s));
  return (device) =>
    (names === undefined || names.has(device.device)) &&
    (site === undefined || device.site === site) &&
    (ring === undefined || device.ring === ring) &&
    (profile === undefined || device.profile === profile) &&
    labels.every(([name = "", value]) => device.labels[name] === value) &&
    isWanted(device, filter);
}

function isWanted(device: DeviceStatus, { away, degraded }: StatusFilter): boolean {
  if (!away && !degraded) return true;
  return (away === true && isAway(device)) || (degraded === true && device.degraded);
}
