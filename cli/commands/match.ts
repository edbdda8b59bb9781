/** `flotilla match`: writes how the machine of a device is recognized. */
import { Command } from "commander";
import type { MatchOptions } from "../project/device-match.ts";
import { formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";

export function matchCommand(session: Session): Command {
  return new Command("match")
    .summary("write the serial number of a device's machine into the fleet file")
    .description(
      "Writes `match` of a device into the fleet file, where the device is declared: for a device of\n" +
        "a range under its overrides. Comments and layout do not change. An image of the whole site\n" +
        "(flotilla image --shared) then recognizes the machine.",
    )
    .argument("<device>", "a device of the fleet, store-0001")
    .option("--serial <text>", "serial number of the machine or its main board")
    .option("--asset-tag <text>", "asset tag of its chassis")
    .option("--mac <addresses...>", "MAC addresses of its network interfaces: one is enough")
    .option("--uuid <uuid>", "UUID of the machine")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla match store-0007 --serial PF3KX9T2
  $ flotilla match store-0007 --mac 52:54:00:12:34:56 52:54:00:12:34:57`,
    )
    .action(async (device: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & MatchOptions>();
      const { serial, assetTag, mac, uuid } = options;
      if ([serial, assetTag, mac, uuid].every((value) => value === undefined)) {
        command.error("error: give --serial, --asset-tag, --mac or --uuid");
      }
      const { matchDevice } = await import("../project/device-match.ts");
      const report = await matchDevice(device, options, session);
      print(session, options.json ? formatJson(report) : `Wrote ${report.file}\n`);
    });
}
