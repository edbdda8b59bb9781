/** `flotilla init`: writes a first fleet file. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";

export function initCommand(session: Session): Command {
  return new Command("init")
    .summary("write a first fleet.yaml")
    .description(
      "Writes a small fleet file with comments into a folder (the current one by default), the JSON\n" +
        "Schema for editors, and a .gitignore that keeps the root key out of Git. Existing files are\n" +
        "not changed. If there is a fleet file already, nothing is written.",
    )
    .argument("[directory]", "where to write it", ".")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla init
  $ flotilla init my-fleet && cd my-fleet && flotilla up`,
    )
    .action(async (directory: string, _options: unknown, command: Command) => {
      const { writeFirstFleet } = await import("../project/first-fleet.ts");
      const { json } = command.optsWithGlobals<GlobalOptions>();
      const written = writeFirstFleet(directory);
      const lines = written.map((path) => `Wrote ${path}\n`);
      print(session, json ? formatJson({ written }) : lines.join(""));
      session.progress("Edit fleet.yaml, then run: flotilla up");
    });
}
