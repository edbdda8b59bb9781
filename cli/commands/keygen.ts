/** `flotilla keygen`: the root key. */
import { Command } from "commander";
import {
  formatJson,
  type GlobalOptions,
  print,
  type Session,
  shownPath,
} from "../terminal/session.ts";

export function keygenCommand(session: Session): Command {
  return new Command("keygen")
    .summary("make the root key of the fleet")
    .description(
      "Writes fleet.key beside the fleet file: 32 random bytes from which all other keys of the fleet\n" +
        "are derived. Only you can read it. Never commit it. Keep a copy in a safe place: without it\n" +
        "you can't make new images for existing devices. An existing key is never overwritten. In CI,\n" +
        "set $FLOTILLA_KEY to the text of the key instead.",
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
      print(session, json ? formatJson({ key: path }) : `Wrote ${path}\n`);
      session.progress("Keep a copy of it in a safe place, and never commit it.");
    });
}
