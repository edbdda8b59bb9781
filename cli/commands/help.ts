/** `flotilla help [command]`. Commander's own prints the whole help for an unknown name. */
import { Command } from "commander";
import { closest } from "../../fleet/model/names.ts";

export function helpCommand(): Command {
  return new Command("help")
    .usage("[command]")
    .summary("show help for a command")
    .argument("[command]")
    .action((name: string | undefined, _options, help: Command) => {
      const program = help.parent ?? help;
      const found =
        name === undefined ? program : program.commands.find((each) => each.name() === name);
      if (found !== undefined) return found.help();
      const near = closest(
        name ?? "",
        program.commands.map((each) => each.name()),
      );
      const hint = near === undefined ? "" : `\n(Did you mean ${near}?)`;
      return program.error(`error: unknown command '${name}'${hint}`, { exitCode: 2 });
    });
}
