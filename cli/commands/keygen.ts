/** `flotilla keygen`: the root key, and the publishing key. */
import { Command } from "commander";
import {
  formatJson,
  type GlobalOptions,
  print,
  type Session,
  shownPath,
} from "../terminal/session.ts";

interface KeygenOptions extends GlobalOptions {
  readonly publishing?: boolean;
}

export function keygenCommand(session: Session): Command {
  return new Command("keygen")
    .summary("make the root key of the fleet, or the publishing key for CI")
    .description(
      "Writes fleet.key beside the fleet file: 32 random bytes from which all other keys of the fleet\n" +
        "are derived. Only you can read it. Never commit it. Keep a copy in a safe place: without it\n" +
        "you can't make new images for existing devices. An existing key is never overwritten. Instead of\n" +
        "the file, you can set $FLOTILLA_KEY to the text of the key.\n" +
        "\n" +
        "CI does not need it: --publishing writes publishing.key, which CI needs for plan and publish.\n" +
        "It is derived from the root key, and can make no image and no key of a device.",
    )
    .option("--publishing", "write the publishing key, derived from the root key")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla keygen
  $ FLOTILLA_KEY="$(cat /safe/place/fleet.key)" flotilla synth
  $ flotilla keygen --publishing
  $ FLOTILLA_PUBLISHING_KEY="$(cat publishing.key)" flotilla publish`,
    )
    .action(async (_options: unknown, command: Command) => {
      const { makePublishingKey, makeRootKey } = await import("../project/root-key.ts");
      const { warnIfNotIgnored } = await import("../publish/ignored-file.ts");
      const { fleet, json, publishing } = command.optsWithGlobals<KeygenOptions>();
      const made = await (publishing ? makePublishingKey(fleet, session) : makeRootKey(fleet));
      const path = shownPath(made);
      print(session, json ? formatJson({ key: path }) : `Wrote ${path}\n`);
      session.progress(
        publishing
          ? "Give it to CI as $FLOTILLA_PUBLISHING_KEY, and never commit it."
          : "Keep a copy of it in a safe place, and never commit it.",
      );
      await warnIfNotIgnored(made, session);
    });
}
