/** Takes one request of a device, and hands its content on. */
import { contentOf, readBody } from "./content.ts";
import type { Budget } from "./budget.ts";
import type { Devices, Origin } from "./devices.ts";
import { writeLines, writeSamples, type ElasticsearchProps } from "./hub.ts";
import { linesOf } from "./logs.ts";
import type { MessageLog } from "./message-log.ts";
import { Refusal } from "./refusal.ts";
import { ownSeries } from "./remote-write.ts";

export interface CollectorProps {
  readonly devices: Devices;
  readonly budget: Budget;
  readonly messages: MessageLog;
  /** Undefined: the hub keeps no logs, and they are thrown away. */
  readonly elasticsearch: ElasticsearchProps | undefined;
  /** URL of Prometheus' remote write. Undefined: the hub keeps no metrics. */
  readonly metricsUrl: string | undefined;
}

export interface DeviceRequest extends AsyncIterable<Buffer> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>> & {
    readonly "content-length"?: string | undefined;
    readonly "content-encoding"?: string | undefined;
  };
}

export class Collector {
  readonly #props: CollectorProps;

  constructor(props: CollectorProps) {
    this.#props = props;
  }

  /**
   * Resolves when the hub has the data: the device keeps it until then.
   *
   * @param address that the request comes from
   */
  async take(address: string, request: DeviceRequest): Promise<void> {
    const { devices, budget } = this.#props;
    const origin = devices.at(address);
    const { method, url, headers } = request;
    const isKnown = url === "/logs" || url === "/metrics";
    if (method !== "POST" || !isKnown) throw new Refusal(400, "only POST to /logs or /metrics");
    const body = await readBody(request, headers["content-length"]);
    budget.check(origin.device);
    const content = contentOf(body, headers["content-encoding"]);
    await budget.hold(origin.device, content.length, () =>
      url === "/logs" ? this.#takeLogs(content, origin) : this.#takeMetrics(content, origin),
    );
  }

  async #takeLogs(content: Uint8Array, origin: Origin): Promise<void> {
    const { elasticsearch, messages } = this.#props;
    const lines = linesOf(content, origin);
    if (elasticsearch === undefined || lines.length === 0) return;
    const refused = await writeLines(elasticsearch, lines);
    if (refused.length === 0) return;
    messages.log(`Elasticsearch refuses lines of ${origin.device}: ${refused.join(", ")}`);
  }

  async #takeMetrics(content: Uint8Array, origin: Origin): Promise<void> {
    const { budget, messages, metricsUrl } = this.#props;
    const allows = (labels: string) => budget.allowsSeries(origin.device, labels);
    const { message, count, refused } = ownSeries(content, origin, allows);
    if (refused > 0) messages.log(`${origin.device} sends series that it may not send`);
    if (metricsUrl === undefined || count === 0) return;
    const isTaken = await writeSamples(metricsUrl, message);
    if (!isTaken) messages.log(`Prometheus refuses samples of ${origin.device}`);
  }
}
