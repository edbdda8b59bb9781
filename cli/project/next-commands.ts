/**
 * Commands in texts for people. They are written without the environment (`flotilla publish`), by parts of the
 * program that do not know it; whoever prints a text adds it, so that the command can be copied as it is.
 */
import { fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { environmentVariable } from "../../fleet/model/contract.ts";
import { formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";

/** Commands that work on one fleet; the others have no environment. */
const fleetCommands =
  "bootstrap deploy destroy doctor flash image keygen kubeconfig match pin plan promote publish pxe " +
  "revoke rollback show status synth up validate";
/** Its targets that run one of these. Make gives a variable to the programs that it starts. */
const makeTargets = "deploy destroy iso publish synth";

const pattern = (program: string, words: string) =>
  // A comment of HTML marks what `plan --markdown` made, in every environment alike.
  `(?<!<!-- )\\b${program} (?:${words.replaceAll(" ", "|")})\\b(?![-/\\w]| --help)`;

/** Prints a report as JSON, or its text with the environment in the commands that it advises. */
export function printReport<Report>(
  session: Session,
  { fleet, json }: GlobalOptions,
  report: Report,
  format: (report: Report) => string,
): void {
  print(session, json ? formatJson(report) : withEnvironment(format(report), fleet));
}

/** The text with the environment of the fleet in each command of Flotilla. */
export function withEnvironment(text: string, fleetFile: string): string {
  const name = fleetFilesOf(fleetFile).environment?.name;
  if (name === undefined) return text;
  return text
    .replaceAll(flotillaCommand, `$& --environment ${name}`)
    .replaceAll(makeCommand, `$& ${environmentVariable}=${name}`);
}

const flotillaCommand = new RegExp(pattern("flotilla", fleetCommands), "g");
const makeCommand = new RegExp(pattern("make", makeTargets), "g");
