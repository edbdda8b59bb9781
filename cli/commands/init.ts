/** `flotilla init`: writes a first fleet file. */
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { fleetFileName } from "../../fleet/files/fleet-files.ts";
import { fleetFileAbove } from "../project/fleet-file.ts";
import {
  formatJson,
  print,
  shownPath,
  type GlobalOptions,
  type Session,
} from "../terminal/session.ts";

export function initCommand(session: Session): Command {
  return new Command("init")
    .summary("write a first fleet.yaml")
    .description(
      "Writes a small fleet file with comments into a folder (the current one by default), the JSON\n" +
        "Schema for editors, and a .gitignore for keys, Terraform's state and dist/. Existing files are\n" +
        "not changed. If there is a fleet file already, nothing is written.",
    )
    .argument("[directory]", "where to write it (default: the current folder, or that of --fleet)")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla init
  $ flotilla init my-fleet && cd my-fleet && flotilla up
  $ flotilla init --fleet staging/fleet.yaml`,
    )
    .action(async (directory: string | undefined, _options: unknown, command: Command) => {
      const { writeFirstFleet } = await import("../project/first-fleet.ts");
      const { json, fleet } = command.optsWithGlobals<GlobalOptions>();
      const isNamed = command.parent?.getOptionValueSource("fleet") === "cli";
      if (isNamed && directory !== undefined) {
        command.error("error: give a directory or --fleet, not both");
      }
      const file = isNamed ? fleet : join(directory ?? ".", fleetFileName);
      const above = fleetFileAbove(resolve(dirname(file)));
      const { written, missingIgnores } = writeFirstFleet(file);
      const lines = written.map((path) => `Wrote ${path}\n`);
      print(session, json ? formatJson({ written }) : lines.join(""));
      if (missingIgnores.length > 0) {
        const ignore = join(dirname(file), ".gitignore");
        session.progress(`Add to ${ignore}, which was not changed: ${missingIgnores.join(" ")}`);
      }
      if (above !== undefined) {
        const other = shownPath(resolve(dirname(file), above));
        session.progress(`This is a second fleet: there is one in ${other}`);
      }
      const option = file === fleetFileName ? "" : ` --fleet ${file}`;
      session.progress(`Edit ${file}, then run: flotilla up${option}`);
    });
}
