/** Which devices are present, by the metrics that a gateway's tunnel writes. */
import { metricNames, presentSecondsMax } from "../../../fleet/model/contract.ts";

/**
 * The devices whose last handshake is young enough.
 *
 * @param metrics in Prometheus' text format
 * @param now seconds since 1970
 */
export function presentDevices(metrics: string, now: number): Set<string> {
  const names = new Set<string>();
  for (const line of metrics.split("\n")) {
    if (!line.startsWith(`${metricNames.handshake}{`)) continue;
    const name = /friendly_name="([^"]*)"/.exec(line)?.[1];
    const handshake = Number(line.slice(line.lastIndexOf(" ") + 1));
    if (name && now - handshake <= presentSecondsMax) names.add(name);
  }
  return names;
}
