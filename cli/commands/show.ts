/** `flotilla show`: shows what a device will be. */
import { Command } from "commander";
import {
  formatJson,
  type GlobalOptions,
  print,
  printData,
  type Session,
  printReport,
} from "../terminal/session.ts";

interface ShowOptions extends GlobalOptions {
  readonly file?: string;
}

export function showCommand(session: Session): Command {
  return new Command("show")
    .summary("show a device: disk, addresses, versions, files, units")
    .description(
      "Shows what the device's image installs: the disk that it erases, addresses, versions, users,\n" +
        "every file and unit with the part that it comes from, and how much of the image's embed area\n" +
        "it uses. It writes nothing. Secrets are always masked.",
    )
    .argument("<device>", "a device of the fleet, store-0001")
    .option("--file <path>", "print one file or unit of the device, with its secrets masked")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla show store-0001
  $ flotilla show store-0001 --file /etc/rancher/k3s/config.yaml
  $ flotilla show store-0001 --file k3s.service
  $ flotilla show store-0001 --json | jq .budget`,
    )
    .action(async (device: string, _options: unknown, command: Command) => {
      const [{ showDevice, showFile }, { formatShown }] = await Promise.all([
        import("../media/show.ts"),
        import("../media/show-text.ts"),
      ]);
      const options = command.optsWithGlobals<ShowOptions>();
      if (options.file !== undefined) {
        const text = await showFile(options.fleet, device, options.file, session);
        if (options.json) print(session, formatJson({ device, file: options.file, text }));
        else printData(session, text);
        return;
      }
      const shown = await showDevice(options.fleet, device, session);
      printReport(session, options, shown, formatShown);
    });
}
