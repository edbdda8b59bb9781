/** `flotilla iso`: takes the place of `coreos-installer iso`. */
import { Command } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import type { Session } from "../terminal/session.ts";

export function isoCommand(session: Session): Command {
  const command = new Command("iso");
  return (
    command
      .summary("work on a live ISO as coreos-installer does: embed, customize, kargs, …")
      // Its arguments are parsed as coreos-installer parses them.
      .helpOption(false)
      .allowUnknownOption()
      .argument("[arguments...]", "those of coreos-installer iso; see --help")
      .action(async () => {
        const [{ runIso }, { sessionStreams }] = await Promise.all([
          import("../compat/iso/run.ts"),
          import("../compat/iso/streams.ts"),
        ]);
        const code = await runIso(ownArguments(command), sessionStreams(session));
        if (code !== 0) throw new ToolExit(code);
      })
  );
}

/** Everything after the name of the command, unparsed. */
function ownArguments(command: Command): readonly string[] {
  const { rawArgs } = command.parent as unknown as { readonly rawArgs: readonly string[] };
  return rawArgs.slice(rawArgs.indexOf(command.name()) + 1);
}
