/**
 * `flotilla butane`: takes the place of the `butane` command. Arguments, output, report texts and
 * exit codes are those of butane 0.29.0, so that scripts work unchanged.
 */
import { Command } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import type { Session } from "../terminal/session.ts";

export function butaneCommand(session: Session): Command {
  return new Command("butane")
    .summary("translate Butane to Ignition, as the butane command does")
    .description(
      "Takes the place of butane 0.29.0, variant fcos: the same arguments, output, report and exit\n" +
        "codes. For the variants openshift, flatcar, r4e and fiot use butane itself. The options are\n" +
        "those of butane: flotilla butane --help",
    )
    .argument("[arguments...]", "options and the file of butane; standard input by default")
    .allowUnknownOption()
    .helpOption(false)
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla butane --pretty --strict device.bu > device.ign
  $ flotilla butane --files-dir files < device.bu
  $ flotilla butane --check device.bu`,
    )
    .action(async (args: readonly string[]) => {
      const { runButane } = await import("../compat/butane/butane.ts");
      const code = runButane(args, session);
      if (code !== 0) throw new ToolExit(code);
    });
}
