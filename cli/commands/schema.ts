/** `flotilla schema`: prints the JSON Schema of the fleet file. */
import { Command } from "commander";
import {
  formatJson,
  type GlobalOptions,
  print,
  type Session,
  shownPath,
} from "../terminal/session.ts";

export function schemaCommand(session: Session): Command {
  return new Command("schema")
    .summary("print the JSON Schema of the fleet file, for editors")
    .description(
      "Prints the JSON Schema of the fleet file. An editor with a YAML language server uses it if the\n" +
        "first line of the fleet file is\n" +
        "# yaml-language-server: $schema=./fleet.schema.json",
    )
    .option("--write [file]", "write it to a file (default: Flotilla's own copy)")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla schema
  $ flotilla schema --write fleet.schema.json`,
    )
    .action(async (options: { readonly write?: string | true }, command: Command) => {
      const { schemaText, writeSchema } = await import("../project/schema-file.ts");
      const { loadOwnCode } = await import("../project/own-code/load.ts");
      const { json, fleet } = command.optsWithGlobals<GlobalOptions>();
      const ownCode = await loadOwnCode(fleet);
      if (options.write === undefined) return session.out(schemaText(ownCode));
      const path = writeSchema(ownCode, options.write === true ? undefined : options.write);
      print(session, json ? formatJson({ written: [path] }) : `Wrote ${shownPath(path)}\n`);
    });
}
