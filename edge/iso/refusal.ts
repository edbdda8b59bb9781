/**
 * What stops an operation on an image, in two forms: as a mistake with its remedy, for `flotilla
 * image`; and in the words of coreos-installer 0.27.0, for `flotilla iso`, which replaces it.
 */
import { FormatError } from "../formats/bytes.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";

export class Refusal extends InputError {
  /** From the outermost context to the cause; at least one. */
  readonly reference: readonly string[];

  /** `reference` is the same as the message where it is left out. */
  constructor(file: string, message: string, reference: readonly string[] = [message]) {
    // A damaged image must not send control characters to the terminal.
    super([{ file, message: message.replace(/[\0-\x1f\x7f]/g, "?") }]);
    this.reference = reference;
  }
}

/** How an error is reported. */
export interface Blame {
  /** What messages call the image. */
  readonly file: string;
  /** What to do, as a sentence behind the message. */
  readonly remedy: string;
  /** What coreos-installer says it was doing, the outermost first. */
  readonly context: readonly string[];
}

/** Turns a `FormatError` into a `Refusal`. */
export function blaming<Result>({ file, remedy, context }: Blame, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const reference = error.reference.length > 0 ? error.reference : [error.message];
    throw new Refusal(file, `${error.message} ${remedy}`, [...context, ...reference]);
  }
}
