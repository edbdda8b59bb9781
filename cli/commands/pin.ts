/** `flotilla pin`: pins the build of Fedora CoreOS that images are made from. */
import { Command, InvalidArgumentError } from "commander";
import {
  formatJson,
  type GlobalOptions,
  print,
  type Session,
  shownPath,
} from "../terminal/session.ts";

interface PinOptions extends GlobalOptions {
  readonly stream?: string;
  readonly streamUrl?: string;
}

export function pinCommand(session: Session): Command {
  return new Command("pin")
    .summary("pin the current Fedora CoreOS for new images")
    .description(
      "Asks Fedora for the current build of its stream, and writes its URLs and checksums into the\n" +
        "fleet's lock. Images are made from that build until the next pin. Running devices update\n" +
        "themselves, independent of the pin. Nothing else in the lock changes. Commit the lock.",
    )
    .option("--stream <name>", "stable, testing or next (default: the lock's stream)", streamName)
    .option("--stream-url <url>", "a mirror's copy of the stream metadata (default: Fedora's own)")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla pin
  $ flotilla pin --stream testing
  $ flotilla pin --json | jq -r .release`,
    )
    .action(async (_options: unknown, command: Command) => {
      const { pinCoreos } = await import("../media/download/pin.ts");
      const options = command.optsWithGlobals<PinOptions>();
      const result = await pinCoreos(options.fleet, options, session);
      const { stream, release, previous, changed } = result;
      const before =
        previous.stream === stream ? previous.release : `${previous.stream} ${previous.release}`;
      const text = changed
        ? `${shownPath(result.lock)}: Fedora CoreOS ${before} → ${stream} ${release}\n`
        : `${shownPath(result.lock)}: Fedora CoreOS ${stream} ${release} is already pinned\n`;
      print(session, options.json ? formatJson(result) : text);
    });
}

/** A part of a URL. */
function streamName(text: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a name in lower case, such as stable.");
}
