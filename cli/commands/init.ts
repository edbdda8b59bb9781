/** `flotilla init`: the first fleet file. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

export function initCommand(session: Session): Command {
  return new Command("init")
    .summary("write a first fleet.yaml")
    .description(
      "Writes a small fleet file to start from, with a comment on each part, into a folder (the\n" +
        "current one by default); beside it the schema that editors check it with, and a\n" +
        ".gitignore that keeps the root key out of Git. Files that are there already stay; where\n" +
        "there is a fleet file, nothing is written at all.",
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
      session.out(json ? formatJson({ written }) : lines.join(""));
      session.progress("Edit fleet.yaml, then run: flotilla up");
    });
}
