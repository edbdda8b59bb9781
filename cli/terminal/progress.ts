/** The progress of a long transfer: percent, speed, time left. */
import type { Session } from "./session.ts";

export interface Meter {
  /** @param total in bytes; undefined if unknown */
  report(done: number, total: number | undefined): void;
}

const redrawMilliseconds = 100;
/** Without a terminal, each report is a line. */
const lineMilliseconds = 10_000;
/** The speed is measured over the last seconds. */
const windowMilliseconds = 8_000;

/**
 * @param name what is transferred
 * @param now milliseconds of a clock
 */
export function progressMeter(
  name: string,
  session: Pick<Session, "progress" | "redraw">,
  now: () => number,
): Meter {
  const interval = session.redraw ? redrawMilliseconds : lineMilliseconds;
  const show = session.redraw ?? session.progress;
  let samples: { readonly time: number; readonly done: number }[] = [];
  let shown = Number.NEGATIVE_INFINITY;
  return {
    report(done, total) {
      const time = now();
      const isLast = done === total;
      if (!isLast && time - shown < interval) return;
      // A server that starts again resets the progress.
      if (done < (samples.at(-1)?.done ?? 0)) samples = [];
      samples.push({ time, done });
      // Keeps one sample from before the window, from which the speed is measured.
      while ((samples[1]?.time ?? time) < time - windowMilliseconds) samples.shift();
      const first = samples[0] ?? { time, done };
      const seconds = (time - first.time) / 1000;
      const speed = seconds > 0 ? (done - first.done) / seconds : undefined;
      show(`${name}: ${formatProgress(done, total, speed)}`);
      shown = time;
    },
  };
}

/**
 * `45% of 1.02 GiB, 12.3 MiB/s, 0:48 left`
 *
 * @param speed in bytes a second; undefined before it is known
 */
export function formatProgress(
  done: number,
  total: number | undefined,
  speed: number | undefined,
): string {
  const amount =
    total === undefined
      ? formatBytes(done)
      : `${total === 0 ? 100 : Math.floor((done / total) * 100)}% of ${formatBytes(total)}`;
  const parts = [amount];
  if (speed !== undefined) parts.push(`${formatBytes(speed)}/s`);
  if (speed !== undefined && speed > 0 && total !== undefined && done < total) {
    parts.push(`${formatDuration((total - done) / speed)} left`);
  }
  return parts.join(", ");
}

/** `1.02 GiB`: three digits, units of 1,024. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let amount = bytes;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  const digits = unit === 0 || amount >= 100 ? 0 : amount >= 10 ? 1 : 2;
  return `${amount.toFixed(digits)} ${units[unit]}`;
}

/** `0:48`, `12:05`, `1:02:33`. */
function formatDuration(duration: number): string {
  const seconds = Math.ceil(duration);
  const clock = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  if (hours > 0) clock.unshift(hours);
  return clock.map((part, place) => (place === 0 ? part : String(part).padStart(2, "0"))).join(":");
}
