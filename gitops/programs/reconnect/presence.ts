/** Which devices a gateway knows, and which of them are present, by the metrics of its tunnel. */
import { metricNames, presentSecondsMax } from "../../../fleet/model/contract.ts";

/** The names that a device can have. Any other one would become part of a path. */
const deviceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Each peer of the gateway, and whether its last handshake is young enough.
 *
 * @param metrics in Prometheus' text format
 * @param now seconds since 1970
 */
export function presenceIn(metrics: string, now: number): ReadonlyMap<string, boolean> {
  const devices = new Map<string, boolean>();
  for (const line of metrics.split("\n")) {
    if (!line.startsWith(`${metricNames.handshake}{`)) continue;
    const name = /friendly_name="([^"]*)"/.exec(line)?.[1] ?? "";
    if (!deviceName.test(name)) continue;
    const handshake = Number(line.slice(line.lastIndexOf(" ") + 1));
    const isPresent = now - handshake <= presentSecondsMax;
    devices.set(name, isPresent || devices.get(name) === true);
  }
  return devices;
}
