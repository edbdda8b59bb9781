/** Which devices a gateway knows, and which of them are present, by the metrics of its tunnel. */
import { metricNames, presentSecondsMax } from "../../../fleet/model/contract.ts";

/** The names that a device can have. Any other one would become part of a path. */
const deviceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Each peer of the gateway: false if its last handshake is too old, or else how the public keys of the
 * device's peers that are present begin, as one text. Another text is another installation of the device.
 *
 * @param metrics in Prometheus' text format
 * @param now seconds since 1970
 */
export function presenceIn(metrics: string, now: number): ReadonlyMap<string, string | false> {
  const devices = new Map<string, string | false>();
  for (const line of metrics.split("\n")) {
    if (!line.startsWith(`${metricNames.handshake}{`)) continue;
    const name = /friendly_name="([^"]*)"/.exec(line)?.[1] ?? "";
    if (!deviceName.test(name)) continue;
    const key = /public_key="([^"]{12})/.exec(line)?.[1] ?? "";
    const handshake = Number(line.slice(line.lastIndexOf(" ") + 1));
    const isPresent = now - handshake <= presentSecondsMax;
    const others = devices.get(name) ?? false;
    devices.set(name, isPresent ? joined(others, key) : others);
  }
  return devices;
}

/** A device has at most two peers, one for each of two generations. A gateway could send any number. */
function joined(others: string | false, key: string): string {
  if (others === false) return key;
  return key === "" || others.length > key.length ? others : `${others} ${key}`;
}
