/**
 * Finds the devices that are back, and has Argo CD compare their applications again.
 *
 * A device shakes hands when it boots, long before its API server answers. So Argo CD is asked every
 * few seconds, until all of the device's applications are in sync or the time is up.
 */
import { deviceLabel } from "../../../fleet/model/contract.ts";
import type { ApiObject } from "../shared/api-objects.ts";
import type { GatewayView } from "./gateways.ts";

/** How long a device that is back is looked after. */
const watchSecondsMax = 15 * 60;

/** An application is asked again this long after the last time. */
const againSeconds = 5;

/** A device without unsettled applications is looked after this long: some may not be made yet. */
const settleSeconds = 30;

/** Argo CD removes it when it begins to compare. */
export const refreshAnnotation = "argocd.argoproj.io/refresh";

export interface Application extends ApiObject {
  readonly metadata: ApiObject["metadata"] & {
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: { readonly sync?: { readonly status?: string } };
}

/** Argo CD's applications on the hub. */
export interface Applications {
  readonly all: () => AsyncIterable<Application>;
  /**
   * Has Argo CD compare an application again.
   *
   * @param isPending whether an earlier request is still there, which Argo CD did not see
   */
  readonly refresh: (name: string, isPending: boolean) => Promise<void>;
}

export interface ReconnectProps {
  readonly log: (line: string) => void;
  /** Seconds since 1970. */
  readonly now: () => number;
}

export class Reconnect {
  readonly #props: ReconnectProps;
  /** Device → when it was seen to be back. */
  readonly #back = new Map<string, number>();
  /** Gateway → the devices that were present when it answered last, with their keys. */
  readonly #present = new Map<string, GatewayView["present"]>();
  /** Application → when it was asked last. */
  readonly #asked = new Map<string, number>();

  constructor(props: ReconnectProps) {
    this.#props = props;
  }

  /** Takes note of what the gateways say. Returns whether a device is back: its applications need a look. */
  notice(views: ReadonlyMap<string, GatewayView>): boolean {
    const { now } = this.#props;
    for (const [gateway, { present }] of views) {
      const before = this.#present.get(gateway) ?? new Map<string, string>();
      // A device that was installed again has another key, and may be back between two looks.
      const changed = [...present].filter(([name, keys]) => before.get(name) !== keys);
      this.noticeBack(changed.map(([name]) => name));
      for (const name of before.keys()) if (!present.has(name)) this.#back.delete(name);
      this.#present.set(gateway, present);
    }
    for (const [name, since] of this.#back) {
      if (now() - since > watchSecondsMax) this.#back.delete(name);
    }
    if (this.#back.size === 0) this.#asked.clear();
    return this.#back.size > 0;
  }

  noticeBack(devices: readonly string[]): void {
    for (const name of devices) this.#back.set(name, this.#props.now());
  }

  /** Asks Argo CD about the applications of the devices that are back. */
  async lookAtApplications({ all, refresh }: Applications): Promise<void> {
    const { log, now } = this.#props;
    const unsettled = new Set<string>();
    const errors: unknown[] = [];
    for await (const { metadata, status } of all()) {
      const { name, labels = {}, annotations = {} } = metadata;
      const device = labels[deviceLabel] ?? "";
      const since = this.#back.get(device);
      if (since === undefined) continue;
      const last = this.#asked.get(name) ?? 0;
      const isPending = refreshAnnotation in annotations;
      // An application in sync was so before the device went away: it is asked once, at least.
      if (last >= since && status?.sync?.status === "Synced" && !isPending) continue;
      unsettled.add(device);
      if (now() - last < againSeconds) continue;
      log(`${name}: Argo CD is asked to compare it again, its device is back`);
      this.#asked.set(name, now());
      // One that is refused, or was deleted a moment ago, holds up no other one.
      await refresh(name, isPending).catch((error: unknown) => errors.push(error));
    }
    for (const [name, since] of this.#back) {
      if (!unsettled.has(name) && now() - since > settleSeconds) this.#back.delete(name);
    }
    if (errors.length > 0) throw errors[0];
  }
}
