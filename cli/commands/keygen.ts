/** `flotilla keygen`: the root key. */
import { Command } from "commander";
import { formatJson, shownPath, type GlobalOptions, type Session } from "../terminal/session.ts";

export function keygenCommand(session: Session): Command {
  return new Command("keygen")
    .summary("make the fleet's root key")
    .description(
      "Writes fleet.key beside the fleet file: 32 random bytes that every other key of the fleet is\n" +
        "derived from. Only you may read it, and it never goes into Git. Keep a copy in a safe\n" +
        "place: without it no image can be made again for the devices that you have. An existing\n" +
        "key is never overwritten. In CI, give the key's text in $FLOTILLA_KEY instead.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla keygen
  $ FLOTILLA_KEY="$(cat /safe/place/fleet.key)" flotilla synth`,
    )
    .action(async (_options: unknown, command: Command) => {
      const { makeRootKey } = await import("../project/root-key.ts");
      const { fleet, json } = command.optsWithGlobals<GlobalOptions>();
      const path = shownPath(makeRootKey(fleet));
      session.out(json ? formatJson({ key: path }) : `Wrote ${path}\n`);
      session.progress("Keep a copy of it in a safe place, and never commit it.");
    });
}
