/**
 * When each device is visited: when its Secrets changed, when the last visit is long ago, and after a
 * failure again and again. A device that is away is refused within 0.3 s, so asking costs less than
 * watching who is back.
 */
import type { Device } from "./hub.ts";

/** At one time. */
const visitsMax = 20;
/** The most visits to devices whose last visit failed: these may take all of a visit's time each time. */
const retriesMax = 10;

export interface VisitsProps {
  /** Resolves to why something could not be delivered, or ""; never rejects. */
  readonly visit: (device: Device) => Promise<string>;
  /** Changes with the Secrets of a device's workloads on the hub. */
  readonly revisionOf: (device: Device) => string;
  /** A device's trouble, when it becomes another one. */
  readonly log: (line: string) => void;
  /** Seconds since any point in time. */
  readonly now: () => number;
  /** From a visit without trouble to the next one. */
  readonly visitSeconds: number;
  /** From the first failure to the next visit; doubled at each failure, to twelve times as much. */
  readonly retrySeconds: number;
}

interface State {
  readonly device: Device;
  dueAt: number;
  failures: number;
  trouble: string;
  /** The revision of the last visit. */
  revision: string;
  isBusy: boolean;
}

export class Visits {
  readonly #props: VisitsProps;
  #states: ReadonlyMap<string, State> = new Map();
  #running = 0;
  #retrying = 0;

  constructor(props: VisitsProps) {
    this.#props = props;
  }

  /** A device that is as before keeps its state; a new or changed one is due. */
  setDevices(devices: readonly Device[]): void {
    const before = this.#states;
    this.#states = new Map(
      devices.map((device) => {
        const known = before.get(device.name);
        const isKnown = known && JSON.stringify(known.device) === JSON.stringify(device);
        return [device.name, isKnown ? known : newState(device)];
      }),
    );
  }

  /** Makes those due whose Secrets changed. One in trouble is visited again before long anyway. */
  noteRevisions(): void {
    const now = this.#props.now();
    for (const state of this.#states.values()) {
      const isChanged = state.revision !== this.#props.revisionOf(state.device);
      if (!state.trouble && isChanged) state.dueAt = Math.min(state.dueAt, now);
    }
  }

  /** Starts visits to those that wait longest, as many as may run. */
  start(): void {
    while (this.#running < visitsMax) {
      const next = this.#next();
      if (next === undefined) return;
      const retry = isRetry(next) ? 1 : 0;
      this.#running++;
      this.#retrying += retry;
      next.isBusy = true;
      void this.#visit(next).finally(() => {
        this.#running--;
        this.#retrying -= retry;
        next.isBusy = false;
        this.start();
      });
    }
  }

  #next(): State | undefined {
    const now = this.#props.now();
    let next: State | undefined;
    for (const state of this.#states.values()) {
      if (state.isBusy || state.dueAt > now) continue;
      if (isRetry(state) && this.#retrying >= retriesMax) continue;
      if (next === undefined || state.dueAt < next.dueAt) next = state;
    }
    return next;
  }

  async #visit(state: State): Promise<void> {
    const { visit, revisionOf, log, now, visitSeconds, retrySeconds } = this.#props;
    const revision = revisionOf(state.device);
    const trouble = await visit(state.device);
    if (trouble !== state.trouble && trouble) log(`${state.device.name}: ${trouble}`);
    state.trouble = trouble;
    state.failures = trouble ? state.failures + 1 : 0;
    state.revision = revision;
    const retry = retrySeconds * Math.min(2 ** (state.failures - 1), 12);
    state.dueAt = now() + (trouble ? retry : visitSeconds);
  }
}

function isRetry({ trouble }: State): boolean {
  return trouble !== "";
}

function newState(device: Device): State {
  return { device, dueAt: 0, failures: 0, trouble: "", revision: "", isBusy: false };
}
