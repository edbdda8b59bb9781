/** `flotilla flash`: writes the image of a device to a stick. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";

interface FlashCommandOptions extends GlobalOptions {
  readonly allowRelease?: boolean;
  readonly base?: string;
  readonly yes?: boolean;
}

export function flashCommand(session: Session): Command {
  return new Command("flash")
    .summary("write a device's image to a USB stick, and verify it")
    .description(
      "Erases a disk (a USB stick, a memory card) and makes it the installation medium of a device.\n" +
        "The image is written directly to the disk, so no file with the device's keys is left. It is\n" +
        "read back from the disk and compared. Linux only, usually as root.\n" +
        "\n" +
        "It refuses partitions, disks that are mounted or used by swap, LVM, RAID or encryption, the\n" +
        "disk of the running system, read-only disks and disks that are too small. It shows the disk\n" +
        "and asks before it writes.",
    )
    .argument("<device>", "a device of the fleet, store-0001")
    .argument("<disk>", "the disk to erase, /dev/sdX")
    .option(
      "--base <iso>",
      "use this Fedora CoreOS live ISO (default: the one in the lock, downloaded)",
    )
    .option(
      "--allow-release",
      "accept a base of an older release than the lock's, or of another CoreOS",
    )
    .option("--yes", "erase without asking")
    .addHelpText(
      "after",
      `
Examples:
  $ lsblk -o NAME,SIZE,MODEL,SERIAL,MOUNTPOINTS      find the stick
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
      const source = readFromDisk
        ? "from the disk"
        : "from the page cache, which can't be avoided here";
      print(
        session,
        options.json
          ? formatJson(report)
          : `Wrote ${formatBytes(bytes)} for ${device} to ${report.disk.path} in ${seconds} s; ` +
              `the same bytes read back (${source}).\nsha256 ${sha256}\n`,
      );
      session.progress(
        `Boot the machine from it: it installs ${device}. It contains the device's private keys; ` +
          "erase it when the device is installed.",
      );
    });
}
