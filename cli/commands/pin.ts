/** `flotilla pin`: which Fedora CoreOS the fleet's images are made from. */
import { Command, InvalidArgumentError } from "commander";
import { formatJson, shownPath, type GlobalOptions, type Session } from "../terminal/session.ts";

interface PinOptions extends GlobalOptions {
  readonly stream?: string;
  readonly streamUrl?: string;
}

export function pinCommand(session: Session): Command {
  return new Command("pin")
    .summary("pin the fleet to today's Fedora CoreOS")
    .description(
      "Asks Fedora which build its stream offers today, and writes its URLs and checksums into the\n" +
        "fleet's lock. Images are made from that build until the next pin; devices that run update\n" +
        "themselves, whatever is pinned. Nothing else in the lock changes. Commit it.",
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
        : `${shownPath(result.lock)}: Fedora CoreOS ${stream} ${release} is pinned already\n`;
      session.out(options.json ? formatJson(result) : text);
    });
}

/** It becomes a part of a URL. */
function streamName(text: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidArgumentError("a stream's name is of lower-case letters, such as stable.");
}
