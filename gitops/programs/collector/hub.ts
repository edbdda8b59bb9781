/** Where the collector hands on what devices send: Elasticsearch and Prometheus. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compress } from "@stablelib/snappy";
import { exchange, reasonOf, type Answer } from "../shared/exchange.ts";
import { parseJson, type JsonLimits } from "../shared/json.ts";
import { linesMax } from "./limits.ts";
import { Refusal } from "./refusal.ts";

const answerMilliseconds = 30_000;

/** An answer to the largest request: three values a line. */
const bulkLimits: JsonLimits = { valuesMax: 3 * linesMax + 10, depthMax: 8 };

/** The data is not taken now. Why is in the log, and the device tries again. */
const later = (message: string) => new Refusal(503, message);

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  authorities?: string,
): Promise<Answer> {
  const signal = AbortSignal.timeout(answerMilliseconds);
  const options = { method: "POST", headers, body, signal };
  try {
    return await exchange(url, { ...options, ...(authorities !== undefined && { authorities }) });
  } catch (error) {
    throw later(reasonOf(error));
  }
}

export interface ElasticsearchProps {
  /** The URL of the data stream. */
  readonly url: string;
  /** The folder with `username`, `password` and `ca.crt`: read each time, as they are renewed. */
  readonly access: string;
}

interface BulkAnswer {
  readonly errors: boolean;
  readonly items?: readonly { readonly create?: { readonly status: number } }[];
}

/** The request of Elasticsearch that creates these documents. */
export function bulkOf(lines: readonly object[]): Buffer {
  return Buffer.from(lines.map((line) => `{"create":{}}\n${JSON.stringify(line)}\n`).join(""));
}

/** @returns the statuses of lines that Elasticsearch will never take */
export async function writeLines(
  { url, access }: ElasticsearchProps,
  bulk: Buffer,
): Promise<readonly number[]> {
  const read = (name: string) => readFileSync(join(access, name), "utf8").trim();
  const login = Buffer.from(`${read("username")}:${read("password")}`).toString("base64");
  const headers = { authorization: `Basic ${login}`, "content-type": "application/x-ndjson" };
  const path = `${url}/_bulk?filter_path=errors,items.*.status`;
  const answer = await post(path, headers, bulk, read("ca.crt"));
  if (answer.status !== 200) throw later(`Elasticsearch answers ${answer.status}`);
  const { errors, items = [] } = parseJson(answer.body, bulkLimits) as BulkAnswer;
  if (!errors) return [];
  const statuses = items.map((item) => item.create?.status ?? 0);
  const isTaken = (status: number) => status >= 200 && status < 300;
  const left = [...new Set(statuses.filter((status) => !isTaken(status)))];
  // Only 400 is about the line. Others say that the stream is not there yet, is full, or may not be written to.
  const forLater = left.filter((status) => status !== 400);
  if (forLater.length > 0) throw later(`Elasticsearch takes no lines now: ${forLater.join(", ")}`);
  return left;
}

/** A WriteRequest as it is sent. */
export function messageOf(request: Uint8Array): Buffer {
  return Buffer.from(compress(request));
}

/** @returns whether Prometheus took all of it: what is too old, or there already, it leaves out */
export async function writeSamples(url: string, message: Buffer): Promise<boolean> {
  const headers = {
    "content-encoding": "snappy",
    "content-type": "application/x-protobuf",
    "x-prometheus-remote-write-version": "0.1.0",
  };
  const { status } = await post(url, headers, message);
  if (status === 400) return false;
  if (status >= 300) throw later(`Prometheus answers ${status}`);
  return true;
}
