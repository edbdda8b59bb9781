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
    super(`${where.join(", ")}: ${textOf(cause)}`, { cause });
    this.name = "ConstructError";
    this.where = where;
    this.place = place;
  }
}

/** The most errors that are shown of those inside an error. */
const innerMax = 3;

function textOf(cause: unknown): string {
  try {
    if (cause instanceof Error) return errorText(cause, innerMax);
  } catch {
    // A proxy, or a message that is not text.
  }
  // Objects and functions can have a text of their own that fails.
  const isSimple = cause === null || !/^(object|function)$/.test(typeof cause);
  const value = isSimple ? String(cause) : `a value of the type ${typeof cause}`;
  return `${value} was thrown. Throw an Error instead, so that its line is shown.`;
}

/** With what caused it: a package often says the reason there alone. */
function errorText(error: Error, depth: number): string {
  const text = `${error.name}: ${error.message}`;
  if (depth === 0) return text;
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  const texts = causes
    .filter((cause) => cause instanceof Error)
    .slice(0, innerMax)
    .map((cause) => errorText(cause, depth - 1));
  return texts.length === 0 ? text : `${text} (cause: ${texts.join("; ")})`;
}
