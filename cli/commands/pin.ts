/** `flotilla pin`: refreshes the versions, hashes and digests in the lock. */
import { Command, InvalidArgumentError } from "commander";
import {
  formatJson,
  print,
  shownPath,
  type GlobalOptions,
  type Session,
} from "../terminal/session.ts";
import type { PinChange, PinKind, PinOptions, PinResult } from "../pins/pin.ts";

type Options = GlobalOptions & PinOptions;

const kinds: readonly PinKind[] = ["k3s", "coreos", "charts", "images"];

export function pinCommand(session: Session): Command {
  return new Command("pin")
    .summary("refresh the versions, hashes and digests in the lock")
    .description(
      "Asks for the newest stable K3s, the stream's current Fedora CoreOS, the newest compatible\n" +
        "version of each chart and the digest of each image, and writes them into the fleet's lock.\n" +
        "If one of them fails, nothing is written. K3s follows k3s.versions, if the fleet file has it.\n" +
        "Running devices change only after the next publish. Commit the lock.",
    )
    .option(
      "--only <what>",
      "k3s, coreos, charts or images, or one: charts/argo-cd, images/node",
      only,
    )
    .option("--to <version>", "pin this version, older or not; needs --only and one name")
    .option("--stream <name>", "stable, testing or next (default: the lock's stream)", streamName)
    .option("--stream-url <url>", "a mirror's copy of the stream metadata (default: Fedora's own)")
    .option("--channels-url <url>", "a mirror's copy of K3s' channels (default: K3s' own)")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla pin
  $ flotilla pin --only coreos --stream testing
  $ flotilla pin --only k3s --to v1.36.5+k3s1
  $ flotilla pin --only images/agent --to 5.1.2
  $ flotilla pin --json | jq -r '.pins[] | select(.changed) | .name'`,
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const problem = optionsProblem(options);
      if (problem !== undefined) command.error(`error: ${problem}`, { exitCode: 2 });
      const { pin } = await import("../pins/pin.ts");
      const result = await pin(options.fleet, options, session);
      print(session, options.json ? formatJson(result) : formatPins(result));
    });
}

function optionsProblem({ only: what, to }: Options): string | undefined {
  const isOne = what !== undefined && (what.name !== undefined || !isList(what.kind));
  if (to === undefined || isOne) return undefined;
  const example = what === undefined ? "--only k3s" : `--only ${what.kind}/NAME`;
  return `--to is the version of one pin. Name it: ${example}`;
}

const isList = (kind: PinKind) => kind === "charts" || kind === "images";

function formatPins({ lock, changed, pins }: PinResult): string {
  const line = ({ name, from, to, changed: isNew }: PinChange) =>
    isNew
      ? `${shownPath(lock)}: ${name} ${from} → ${to === from ? "its sha256" : to}\n`
      : `${shownPath(lock)}: ${name} ${to} is already pinned\n`;
  const lines = pins.map(line).join("");
  return changed ? lines : lines || `${shownPath(lock)}: nothing to pin\n`;
}

function only(text: string): { kind: PinKind; name?: string } {
  const [first = "", name, more] = text.split("/");
  const kind = kinds.find((each) => each === first);
  if (kind === undefined || more !== undefined || (name !== undefined && !isList(kind))) {
    throw new InvalidArgumentError(
      "Expected k3s, coreos, charts or images, or one of them: charts/argo-cd, images/node.",
    );
  }
  return name === undefined ? { kind } : { kind, name };
}

/** A part of a URL. */
function streamName(text: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a name in lower case, such as stable.");
}
