/** The report of an error, for people and as JSON. */
import { basename } from "node:path";
import { OperationError, systemFailure } from "../../fleet/files/operation-error.ts";
import { formatMistake, InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import { onOneLine } from "../../fleet/model/one-line.ts";
import { shortened, shortenedPath } from "../../fleet/model/shortened.ts";
import { ConstructError } from "../../fleet/model/construct-error.ts";
import { ownCodeFile } from "../../fleet/model/contract.ts";
import { escapeControls } from "./control-characters.ts";
import { maskSecrets } from "./known-secrets.ts";
import { count, formatJson, type GlobalOptions, print, type Session } from "./session.ts";
import { sourcePlace, stackOf } from "./source-place.ts";

/** The input is wrong, or something outside failed. */
const exitFailed = 1;

/** A file of ten thousand times the same key has as many mistakes. */
const mistakesMax = 1_000;

/** Prints what went wrong, without credentials, and returns the exit code. */
export function reportError(
  error: unknown,
  session: Session,
  options: Pick<GlobalOptions, "json" | "verbose">,
): number {
  if (error instanceof InputError) {
    const { mistakes } = error;
    for (const mistake of mistakes.slice(0, mistakesMax)) {
      session.progress(escapeControls(formatMistake(maskedMistake(mistake))));
    }
    const rest = mistakes.length > mistakesMax ? `; the first ${mistakesMax} are listed` : "";
    session.progress(`flotilla: ${count(mistakes.length, "mistake")}${rest}`);
    if (options.json) {
      const listed = mistakes.slice(0, mistakesMax).map(maskedMistake);
      print(session, formatJson({ mistakes: listed }));
    }
    return exitFailed;
  }
  if (error instanceof ConstructError) {
    const { place, where, message, cause } = error;
    const known = sourcePlace(cause, place);
    const at = { file: ownCodeFile, ...known };
    const prefix = `${ownCodeFile}: `;
    const isNamed = basename(at.file) === ownCodeFile && message.startsWith(prefix);
    const text = isNamed ? message.slice(prefix.length) : message;
    const mistake: Mistake = { ...at, message: maskSecrets(text) };
    // The further lines of an exception of own code can't look like lines of Flotilla.
    const [firstLine = "", ...more] = mistake.message.split("\n");
    const shown = [
      formatMistake({ ...mistake, message: firstLine }),
      ...more.map((line) => `  ${line}`),
    ];
    session.progress(escapeControls(shown.join("\n")));
    if (place !== undefined) {
      const [kind = ""] = where[0]?.split(" ") ?? [];
      const declared = formatMistake({ ...place, message: `the ${kind} is declared here.` });
      session.progress(escapeControls(declared));
    }
    if (options.verbose) session.progress(escapeControls(maskSecrets(stackOf(cause) || message)));
    if (options.json) print(session, formatJson({ mistakes: [mistake] }));
    return exitFailed;
  }
  const failure = error instanceof OperationError ? error : systemFailure(error);
  if (failure) {
    const message = maskSecrets(failure.message);
    session.progress(escapeControls(`flotilla: ${message}`));
    if (options.json) print(session, formatJson({ error: message, ...failure.result }));
    return exitFailed;
  }
  if (isMissingModule(error)) {
    const message = `this installation is not complete: ${onOneLine(error.message)}. Install Flotilla again.`;
    session.progress(escapeControls(`flotilla: ${message}`));
    if (options.json) print(session, formatJson({ error: message }));
    return exitFailed;
  }
  const wantsStack = options.verbose || session.environment["FLOTILLA_DEBUG"] === "1";
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  session.progress(
    escapeControls(`flotilla: unexpected error: ${onOneLine(maskSecrets(message))}`),
  );
  session.progress(
    wantsStack
      ? escapeControls(maskSecrets(stack ?? ""))
      : "This is a bug in Flotilla. Run the same command with --verbose, and report the output " +
          "and the version (flotilla --version).",
  );
  if (options.json) print(session, formatJson({ error: maskSecrets(message) }));
  return exitFailed;
}

function maskedMistake({ file, path, message, ...place }: Mistake): Mistake {
  return {
    file: maskSecrets(file),
    ...place,
    ...(path !== undefined && { path: maskSecrets(shortenedPath(path, maskSecrets)) }),
    message: maskSecrets(shortened(message, maskSecrets)),
  };
}

/** A package of the installation, or a file of it. */
function isMissingModule(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}
