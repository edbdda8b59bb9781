/** Exceptions of a user's code where no construct is made: in a default or a check of its schemas. */
import { pathToFileURL } from "node:url";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { ConstructError } from "../../../fleet/model/construct-error.ts";
import { ownCodeFile } from "../../../fleet/model/contract.ts";
import { stackOf } from "../../terminal/source-place.ts";

/** The folders of the bundles that run, as they are in a stack. */
const bundles = new Set<string>();

export function noteBundle(folder: string): void {
  bundles.add(pathToFileURL(folder).href);
}

/** The error as one of flotilla.config.ts, if it comes from there. */
export function ownFailure(error: unknown): unknown {
  const isKnown = [ConstructError, InputError, OperationError].some(
    (kind) => error instanceof kind,
  );
  if (isKnown || bundles.size === 0) return error;
  // Zod is not imported here: it would slow down the start of every command.
  if (
    error instanceof Error &&
    error.message.startsWith("Encountered Promise during synchronous")
  ) {
    const message = "a check in a schema is asynchronous. Write one that returns true or false.";
    return new InputError([{ file: ownCodeFile, message }]);
  }
  const stack = stackOf(error);
  return [...bundles].some((bundle) => stack.includes(bundle))
    ? new ConstructError({ where: [ownCodeFile] }, error)
    : error;
}
