/** Takes one request of a device, and hands its content on. */
import { bodyLength, contentOf, readBody } from "./content.ts";
import type { Budget } from "./budget.ts";
import type { Devices, Origin } from "./devices.ts";
import { Held } from "./held.ts";
import { bulkOf, messageOf, writeLines, writeSamples, type ElasticsearchProps } from "./hub.ts";
import { contentBytesMax, lineCostMin, receivedLimits, sentLimits } from "./limits.ts";
import { linesOf } from "./logs.ts";
import type { MessageLog } from "./message-log.ts";
import { Refusal } from "./refusal.ts";
import { ownSeries } from "./remote-write.ts";
import { Turns } from "./turns.ts";

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
  readonly #received = new Held(receivedLimits);
  readonly #sent = new Held(sentLimits);
  readonly #turns = new Turns();

  constructor(props: CollectorProps) {
    this.#props = props;
  }

  /**
   * Resolves when the hub has the data: the device keeps it until then.
   *
   * @param address that the request comes from
   */
  async take(address: string, request: DeviceRequest): Promise<void> {
    const { devices } = this.#props;
    const origin = devices.at(address);
    const { method, url, headers } = request;
    const isKnown = url === "/logs" || url === "/metrics";
    if (method !== "POST" || !isKnown) throw new Refusal(400, "only POST to /logs or /metrics");
    const length = bodyLength(headers["content-length"]);
    await this.#received.during(origin.device, length, async () => {
      const body = await readBody(request);
      await this.#turns.next(origin.device, () => this.#takeBody(body, request, origin));
    });
  }

  async #takeBody(body: Buffer, { url, headers }: DeviceRequest, origin: Origin): Promise<void> {
    const { budget } = this.#props;
    budget.check(origin.device);
    try {
      const content = contentOf(body, headers["content-encoding"]);
      budget.spend(origin.device, content.length);
      if (url === "/logs") await this.#takeLogs(content, origin);
      else await this.#takeMetrics(content, origin);
    } catch (error) {
      // The work was for nothing: it costs as much of the day as the largest request.
      const isRefused = error instanceof Refusal && error.status === 400;
      if (isRefused) budget.spend(origin.device, contentBytesMax);
      throw error;
    }
  }

  async #takeLogs(content: Uint8Array, origin: Origin): Promise<void> {
    const { budget, elasticsearch, messages } = this.#props;
    const lines = linesOf(content, origin);
    // Short lines cost more work than their bytes.
    budget.spend(origin.device, Math.max(0, lines.length * lineCostMin - content.length));
    if (elasticsearch === undefined || lines.length === 0) return;
    const bulk = bulkOf(lines);
    const refused = await this.#sent.during(origin.device, bulk.length, () =>
      writeLines(elasticsearch, bulk),
    );
    if (refused.length === 0) return;
    messages.log(`Elasticsearch refuses lines of ${origin.device}: ${refused.join(", ")}`);
  }

  async #takeMetrics(content: Uint8Array, origin: Origin): Promise<void> {
    const { budget, messages, metricsUrl } = this.#props;
    const allows = (labels: string) => budget.allowsSeries(origin.device, labels);
    const { message, count, refused } = ownSeries(content, origin, allows);
    if (refused > 0) messages.log(`${origin.device} sends series that it may not send`);
    if (metricsUrl === undefined || count === 0) return;
    const body = messageOf(message);
    const isTaken = await this.#sent.during(origin.device, body.length, () =>
      writeSamples(metricsUrl, body),
    );
    if (!isTaken) messages.log(`Prometheus refuses samples of ${origin.device}`);
  }
}
