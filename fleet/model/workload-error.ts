/** An exception in the construct of a workload. Its cause is the exception. */
import type { Place } from "./workload.ts";

/** The rendering in which it happened. */
export interface WorkloadErrorProps {
  readonly workload: string;
  readonly ring: string;
  /** @default it renders for every site */
  readonly site?: string | undefined;
  /** Where the fleet file declares the workload. */
  readonly place: Place;
}

export class WorkloadError extends Error {
  readonly place: Place;

  constructor({ workload, ring, site, place }: WorkloadErrorProps, cause: unknown) {
    const where = [`workload ${workload}`, `ring ${ring}`, site && `site ${site}`];
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`${where.filter(Boolean).join(", ")}: ${text}`, { cause });
    this.name = "WorkloadError";
    this.place = place;
  }
}
