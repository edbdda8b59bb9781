/** What a running process has used so far. Linux only. */
import { readFileSync } from "node:fs";
import type { Service } from "../../e2e/processes.ts";

/** Resident memory now and at most, MiB. */
export function memoryOf(service: Service): { resident: number; peak: number } {
  const text = readFileSync(`/proc/${service.id()}/status`, "utf8");
  const of = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0) / 1024);
  return { resident: of("VmRSS"), peak: of("VmHWM") };
}

/** User and system time. */
export function cpuSecondsOf(service: Service): number {
  const fields =
    readFileSync(`/proc/${service.id()}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Math.round((Number(fields[11]) + Number(fields[12])) / 100);
}
