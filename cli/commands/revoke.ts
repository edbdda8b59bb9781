/** `flotilla revoke`: raises the generation of devices in the fleet file. */
import { Command } from "commander";
import {
  count,
  formatJson,
  formatTable,
  type GlobalOptions,
  print,
  type Session,
} from "../terminal/session.ts";
import { flotillaCommand, makeCommand } from "../../fleet/model/advised-commands.ts";

interface RevokeOptions extends GlobalOptions {
  readonly site?: string;
}

export function revokeCommand(session: Session): Command {
  return new Command("revoke")
    .summary("revoke the images of devices: a stick was lost or stolen")
    .description(
      "Raises the `generation` of devices by one in the fleet file, where they are declared; with\n" +
        "--environment, in the file of the environment. Comments and layout do not change. Every key of these devices is then derived again: after the next\n" +
        "publish the hub refuses the old ones, and does not reach these devices until each is installed\n" +
        "again from a new image.\n" +
        "\n" +
        "An image of a whole site has the keys of all of its devices: give --site.",
    )
    .argument(
      "[devices...]",
      "devices of the fleet (store-0001), patterns ('store-*') or ranges ('store-{0001..0010}')",
    )
    .option("--site <name>", "the devices of this site")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla revoke store-0001
  $ flotilla revoke --site boston-seaport
  $ flotilla revoke 'store-{0001..0010}' --json | jq -r '.devices[].name'`,
    )
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RevokeOptions>();
      const { site, fleet, json } = options;
      if (words.length === 0 && site === undefined) {
        command.error("error: missing argument 'devices', or --site");
      }
      const { revokeDevices } = await import("../project/device-revocation.ts");
      const report = await revokeDevices(fleet, {
        ...(words.length > 0 && { words }),
        ...(site !== undefined && { site }),
      });
      const rows = report.devices.map(({ name, generation }) => [name, String(generation)]);
      print(session, json ? formatJson(report) : formatTable([["device", "generation"], ...rows]));
      const image =
        site === undefined
          ? `${flotillaCommand("image")} DEVICES`
          : `${makeCommand("iso")} SITE=${site}`;
      session.progress(
        `Wrote ${report.file}. The hub cuts ${count(rows.length, "device")} off with the next publish. ` +
          "Next:\n" +
          `  commit the file, and publish it: ${flotillaCommand("publish")}\n` +
          `  make new images: ${image}\n` +
          "  install each device again, and delete the old images",
      );
    });
}
