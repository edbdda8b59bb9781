/** `flotilla flash`: a device's image straight to a stick. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

interface FlashCommandOptions extends GlobalOptions {
  readonly base?: string;
  readonly yes?: boolean;
}

export function flashCommand(session: Session): Command {
  return new Command("flash")
    .summary("write the image that installs a device to a USB stick, and read it back")
    .description(
      "Erases a disk (a USB stick, a memory card) and makes it the installation medium of a device.\n" +
        "The image goes straight to the disk: no file with the device's keys stays behind. It is\n" +
        "read back from the disk itself and compared. Linux only, and mostly as root.\n\n" +
        "Refused are partitions, disks that are mounted, in use as swap, LVM, RAID or encryption,\n" +
        "the disk of the running system, read-only disks and disks that are too small. It shows the\n" +
        "disk and asks before it writes.",
    )
    .argument("<device>", "a device of the fleet, store-0001")
    .argument("<disk>", "the disk to erase, /dev/sdX")
    .option("--base <iso>", "a Fedora CoreOS live ISO on this disk")
    .option("--yes", "erase without a question")
    .addHelpText(
      "after",
      `
Examples:
  $ lsblk -o NAME,SIZE,MODEL,SERIAL,MOUNTPOINTS      which disk is the stick
  $ sudo flotilla flash store-0001 /dev/sdX
  $ sudo flotilla flash store-0001 /dev/disk/by-id/usb-SanDisk_Ultra-0:0 --yes --json`,
    )
    .action(async (device: string, disk: string, _options: unknown, command: Command) => {
      const [{ flashDevice }, { formatBytes }] = await Promise.all([
        import("../media/flash.ts"),
        import("../terminal/progress.ts"),
      ]);
      const options = command.optsWithGlobals<FlashCommandOptions>();
      const report = await flashDevice(options.fleet, device, disk, options, session);
      const { bytes, sha256, readFromDisk, seconds } = report;
      const source = readFromDisk ? "from the disk" : "from the cache: there is no way past it";
      session.out(
        options.json
          ? formatJson(report)
          : `Wrote ${formatBytes(bytes)} for ${device} to ${report.disk.path} in ${seconds} s; ` +
              `the same bytes read back (${source}).\nsha256 ${sha256}\n`,
      );
      session.progress(
        `Boot the machine from it: it installs ${device}. It holds that device's private keys; ` +
          "erase it when the device is installed.",
      );
    });
}
