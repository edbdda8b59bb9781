/**
 * Runs `flotilla butane` in place of the `butane` command. Output, report texts and exit codes are
 * those of butane 0.29.0.
 */
import { statSync, writeFileSync } from "node:fs";
import { butaneText } from "../../../edge/butane/encoding.ts";
import { plainReportText, reportText } from "../../../edge/butane/report-text.ts";
import { translateText } from "../../../edge/butane/translate.ts";
import { writeUserFile } from "../../../fleet/files/user-file.ts";
import { fleetFileName } from "../../../fleet/files/fleet-files.ts";
import { overwriteProblem } from "../../project/named-output.ts";
import { openFolder, systemMessage } from "../../project/folder-files.ts";
import { readInputFile, readStandardInput } from "../../terminal/input-stream.ts";
import { printData, type Session } from "../../terminal/session.ts";
import { parseOptions, usage, type ButaneOptions } from "./options.ts";

const exitDone = 0;
const exitFailed = 1;
const exitUsage = 2;
const inputBytesMax = 16 * 2 ** 20;

/**
 * Runs one command line of `butane` and returns its exit code.
 *
 * @param args without the command's own name
 * @param readInput returns standard input
 */
export function runButane(
  args: readonly string[],
  session: Session,
  readInput: () => Buffer = () => readStandardInput(inputBytesMax),
): number {
  const say = (text: string) => text !== "" && session.progress(text.replace(/\n$/, ""));
  const options = parseOptions(args);
  if (typeof options === "string") {
    say(`${options}\n${usage()}`);
    return exitUsage;
  }
  const { flags, values, operands } = options;
  if (values.has("input")) {
    say("Flag --input has been deprecated, specify filename directly on command line");
  }
  if (operands.length > (values.get("input") ? 0 : 1)) {
    say(usage());
    return exitUsage;
  }
  if (flags.has("help") || flags.has("version")) {
    session.out(flags.has("help") ? usage() : "Butane v0.29.0\n");
    return exitDone;
  }
  const problem = overwriteProblem("--output", values.get("output") ?? "", fleetFileName);
  if (problem !== undefined) {
    say(problem);
    return exitUsage;
  }
  const input = values.get("input") || operands[0] || "";
  let bytes: Buffer;
  try {
    bytes = input === "" ? readInput() : readInputFile(input, inputBytesMax);
  } catch (error) {
    say(systemError(error, input === "" ? "<stdin>" : input));
    return exitFailed;
  }
  const read = butaneText(bytes);
  if ("error" in read) {
    say(`Error translating config: ${read.error}`);
    return exitFailed;
  }
  return translate(options, { input, text: read.text }, session, say);
}

/** An error of the operating system in butane's words, with the path that the user gave. */
function systemError(error: unknown, path: string): string {
  const { errno, syscall } = error as NodeJS.ErrnoException;
  if (errno === undefined) throw error;
  const message = systemMessage(errno);
  return syscall === "write"
    ? `Failed to write config to ${path}: write ${path}: ${message}`
    : `failed to open ${path}: open ${path}: ${message}`;
}

function translate(
  { flags, values }: ButaneOptions,
  { input, text }: { readonly input: string; readonly text: string },
  session: Session,
  say: (text: string) => void,
): number {
  const folder = values.get("files-dir") ?? "";
  const { ignition, error, report } = translateText(text, {
    pretty: flags.has("pretty"),
    ...(folder !== "" && { files: openFolder(folder) }),
  });
  const colored = isColored(values.get("colour") ?? values.get("color") ?? "auto", session);
  const file = input === "" ? "<stdin>" : input;
  const shown = flags.has("raw-errors")
    ? plainReportText(report)
    : reportText(report, { file, text, colored });
  if (ignition === undefined) {
    say(`${shown}Error translating config: ${error}\n`);
    return exitFailed;
  }
  if (flags.has("strict") && report.length > 0) {
    say(`${shown}Config produced warnings and --strict was specified\n`);
    return exitFailed;
  }
  say(shown);
  const output = values.get("output") ?? "";
  try {
    if (!flags.has("check")) writeOutput(output, ignition, session);
    return exitDone;
  } catch (failure) {
    say(systemError(failure, output));
    return exitFailed;
  }
}

function isColored(choice: string, { environment }: Session): boolean {
  if (choice === "always" || choice === "yes") return true;
  if (choice !== "auto") return false;
  return environment["NO_COLOR"] === undefined && process.stderr.isTTY === true;
}

/** For its owner only: a configuration contains keys and passwords. A file that exists keeps its mode. */
const outputMode = 0o600;

function writeOutput(path: string, ignition: string, session: Session): void {
  if (path === "") {
    printData(session, ignition);
    return;
  }
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing?.isFile() === false) writeFileSync(path, ignition);
  else writeUserFile(path, ignition, existing === undefined ? outputMode : existing.mode & 0o777);
}
