/**
 * An exception in a construct that a fleet asks for: a workload, an add-on, a part of a device, or what a
 * user's own code adds to Terraform. Its cause is the exception.
 */
import type { Place } from "./workload.ts";

export interface ConstructErrorProps {
  /** What it was made for, from the outside in: `workload till`, `ring canary`. */
  readonly where: readonly string[];
  /** Where the fleet file declares the first of them. @default unknown */
  readonly place?: Place;
}

export class ConstructError extends Error {
  readonly where: readonly string[];
  readonly place: Place | undefined;

  constructor({ where, place }: ConstructErrorProps, cause: unknown) {
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`${where.join(", ")}: ${text}`, { cause });
    this.name = "ConstructError";
    this.where = where;
    this.place = place;
  }
}
