/** `flotilla schema`: prints the JSON Schema of the fleet file. */
import { Command } from "commander";
import { checkOutput } from "../project/named-output.ts";
import {
  formatJson,
  type GlobalOptions,
  print,
  type Session,
  shownPath,
} from "../terminal/session.ts";

interface SchemaOptions {
  readonly write?: string | true;
  readonly overlay?: boolean;
}

export function schemaCommand(session: Session): Command {
  return new Command("schema")
    .summary("print the JSON Schema of the fleet file, for editors")
    .description(
      "Prints the JSON Schema of the fleet file. An editor with a YAML language server uses it if the\n" +
        "first line of the fleet file is\n" +
        "# yaml-language-server: $schema=./fleet.schema.json",
    )
    .option("--overlay", "the schema of an environment's file, in which no key is required")
    .option("--write [file]", "write it to a file (default: Flotilla's own copy)")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla schema
  $ flotilla schema --write fleet.schema.json
  $ flotilla schema --overlay --write overlay.schema.json`,
    )
    .action(async (options: SchemaOptions, command: Command) => {
      const { schemaText, writeSchema } = await import("../project/schema-file.ts");
      const { loadOwnCode } = await import("../project/own-code/load.ts");
      const { json, fleet } = command.optsWithGlobals<GlobalOptions>();
      const ownCode = await loadOwnCode(fleet);
      const { write, overlay } = options;
      if (write === undefined) return session.out(schemaText(ownCode, overlay));
      if (overlay && write === true)
        command.error("error: give a file: --write overlay.schema.json");
      if (write !== true) checkOutput("--write", write, fleet, command);
      const path = writeSchema(ownCode, write === true ? undefined : write, overlay);
      print(session, json ? formatJson({ written: [path] }) : `Wrote ${shownPath(path)}\n`);
    });
}
