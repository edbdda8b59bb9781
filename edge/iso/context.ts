import { FormatError } from "../formats/bytes.ts";

/** Adds to an error what coreos-installer says that it was doing. */
export function within<Result>(context: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { message, reference } = error;
    const reason = reference.length > 0 ? reference : [message];
    throw new FormatError(message, { cause: error, reference: [context, ...reason] });
  }
}
