/** What the gateways say about their devices, look after look. */
import { reasonOf } from "../shared/exchange.ts";
import type { FailureLog } from "../shared/failure-log.ts";
import { presenceIn } from "./presence.ts";

/** One gateway as it answered last. A gateway that does not answer changes nothing. */
export interface GatewayView {
  /** Device that is present → how the public keys of its peers begin, as one text. */
  readonly present: ReadonlyMap<string, string>;
  /** Device → since when it has been silent, as this program saw it. */
  readonly silentSince: ReadonlyMap<string, number>;
  /** Since when the gateway has not answered; undefined if it answered now. */
  readonly failingSince: number | undefined;
}

export interface GatewaysProps {
  /** Base URLs of the gateways' metrics. */
  readonly gateways: readonly string[];
  /** A gateway's metrics as a text. */
  readonly metrics: (gateway: string) => Promise<string>;
  readonly failures: FailureLog;
  /** Seconds since 1970. */
  readonly now: () => number;
}

const unknown: GatewayView = {
  present: new Map(),
  silentSince: new Map(),
  failingSince: undefined,
};

export class Gateways {
  readonly #props: GatewaysProps;
  readonly #views = new Map<string, GatewayView>();

  constructor(props: GatewaysProps) {
    this.#props = props;
  }

  /** Gateway → what it says. */
  get views(): ReadonlyMap<string, GatewayView> {
    return this.#views;
  }

  async look(): Promise<void> {
    for (const gateway of this.#props.gateways) {
      const before = this.#views.get(gateway) ?? unknown;
      this.#views.set(gateway, await this.#view(gateway, before));
    }
  }

  async #view(gateway: string, before: GatewayView): Promise<GatewayView> {
    const { metrics, failures, now } = this.#props;
    try {
      const devices = [...presenceIn(await metrics(gateway), now())];
      failures.worked(gateway);
      const silent = devices.filter(([, keys]) => keys === false);
      return {
        present: new Map(
          devices.flatMap(([name, keys]) => (keys === false ? [] : [[name, keys] as const])),
        ),
        // A gateway that was down for a while knows no handshake when it is back.
        silentSince: new Map(
          silent.map(([name]) => [
            name,
            before.failingSince === undefined ? (before.silentSince.get(name) ?? now()) : now(),
          ]),
        ),
        failingSince: undefined,
      };
    } catch (error) {
      failures.failed(gateway, reasonOf(error));
      return { ...before, failingSince: before.failingSince ?? now() };
    }
  }
}
