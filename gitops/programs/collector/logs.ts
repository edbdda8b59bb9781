/** Lines of logs, as Fluent Bit sends them (gitops/telemetry/): one JSON object a line. */
import { parseJson } from "../shared/json.ts";
import type { Origin } from "./devices.ts";
import { damagedLinesMax, lineBytesMax, lineLengthMax, lineLimits, linesMax } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** The lines with what they are of; what is not a line is left out. */
export function linesOf(content: Uint8Array, origin: Origin): readonly object[] {
  const lines: object[] = [];
  let count = 0;
  let damaged = 0;
  for (let start = 0; start <= content.length; count++) {
    if (count === linesMax) throw new Refusal(400, "more than 50,000 lines in one request");
    const found = content.indexOf(lineFeed, start);
    const end = found === -1 ? content.length : found;
    const line = lineOf(content.subarray(start, end), origin);
    if (line !== undefined) lines.push(line);
    else if (end > start && ++damaged > damagedLinesMax) throw new Refusal(400, damagedMessage);
    start = end + 1;
  }
  return lines;
}

const lineFeed = 10;
const damagedMessage = "more than 100 lines in one request are not lines of Fluent Bit";

/** One line; whatever else a device says is left out. */
function lineOf(bytes: Uint8Array, origin: Origin): object | undefined {
  if (bytes.length === 0 || bytes.length > lineBytesMax) return undefined;
  let entry: Readonly<Record<string, unknown>> | null;
  try {
    entry = parseJson(bytes, lineLimits) as Readonly<Record<string, unknown>> | null;
  } catch {
    return undefined;
  }
  const log = entry?.["log"];
  const time = new Date(entry?.["@timestamp"] as string);
  if (!entry || typeof log !== "string" || Number.isNaN(time.getTime())) return undefined;
  return {
    "@timestamp": time.toISOString(),
    log: log.slice(0, lineLengthMax),
    stream: short(entry["stream"]),
    unit: short(entry["unit"]),
    identifier: short(entry["identifier"]),
    priority: short(entry["priority"]),
    ...(entry["pod"] !== undefined && {
      kubernetes: {
        namespace_name: short(entry["namespace"]),
        pod_name: short(entry["pod"]),
        container_name: short(entry["container"]),
      },
    }),
    ...origin,
  };
}

function short(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, 256) : undefined;
}
