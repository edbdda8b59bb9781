/** Lines of logs, as Fluent Bit sends them (gitops/telemetry/): one JSON object a line. */
import type { Origin } from "./devices.ts";
import { lineLengthMax, linesMax } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { textOf } from "./text.ts";

/** The lines with what they are of; what is not a line is left out. */
export function linesOf(content: Uint8Array, origin: Origin): readonly object[] {
  const texts = textOf(content).split("\n", linesMax + 1);
  if (texts.length > linesMax) throw new Refusal(400, "more than 50,000 lines in one request");
  return texts.flatMap((text) => lineOf(text, origin) ?? []);
}

/** One line; whatever else a device says is left out. */
function lineOf(text: string, origin: Origin): object | undefined {
  let entry: Readonly<Record<string, unknown>> | null;
  try {
    entry = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
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
