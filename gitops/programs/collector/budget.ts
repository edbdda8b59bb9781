/** What each device has sent on this day, in UTC. */
import { deviceBytesMaxPerDay, deviceSeriesMaxPerDay } from "./limits.ts";
import { Refusal } from "./refusal.ts";

const dayMilliseconds = 86_400_000;

interface Usage {
  bytes: number;
  /** Hashes of its series. */
  readonly series: Set<number>;
}

export class Budget {
  readonly #now: () => number;
  readonly #usage = new Map<string, Usage>();
  #day = 0;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  #usageOf(device: string): Usage {
    const day = Math.floor(this.#now() / dayMilliseconds);
    if (day !== this.#day) this.#usage.clear();
    this.#day = day;
    let usage = this.#usage.get(device);
    if (usage === undefined) this.#usage.set(device, (usage = { bytes: 0, series: new Set() }));
    return usage;
  }

  /** Refuses a device that has sent its day's bytes. */
  check(device: string): void {
    if (this.#usageOf(device).bytes > deviceBytesMaxPerDay) {
      throw new Refusal(429, `${device} has sent all that it may send on this day`);
    }
  }

  /** Counts bytes to the device's day. */
  spend(device: string, bytes: number): void {
    this.#usageOf(device).bytes += bytes;
  }

  /** Whether a series is one of those that the device may send on this day. */
  allowsSeries(device: string, labels: string): boolean {
    const { series } = this.#usageOf(device);
    const hash = hashOf(labels);
    if (!series.has(hash) && series.size >= deviceSeriesMaxPerDay) return false;
    series.add(hash);
    return true;
  }
}

/** FNV-1a, 30 bits, which Node holds without an object of its own. */
function hashOf(text: string): number {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  }
  return hash >>> 2;
}
