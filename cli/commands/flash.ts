/** `flotilla flash`: writes the image of a device to a stick. */
import { Command } from "commander";
import type { Flashed } from "../media/flash.ts";
import type { SiteFilter } from "../media/site-group.ts";
import { count, formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

interface FlashCommandOptions extends GlobalOptions {
  readonly allowRelease?: boolean;
  readonly base?: string;
  readonly site?: string;
  readonly yes?: boolean;
}

export function flashCommand(session: Session): Command {
  return new Command("flash")
    .summary("write a device's image to a USB stick, and verify it")
    .description(
      "Erases a disk (a USB stick, a memory card) and makes it the installation medium of a device.\n" +
        "The image is written directly to the disk, so no file with the device's keys remains. It is\n" +
        "read back from the disk and compared. Linux only, usually as root.\n" +
        "\n" +
        "It refuses partitions, disks that are mounted or used by swap, LVM, RAID or encryption, the\n" +
        "disk of the running system, read-only disks and disks that are too small. It shows the disk\n" +
        "and asks before it writes.\n" +
        "\n" +
        "With --site it writes the image of all devices of a site, or of some of them: see\n" +
        "flotilla image --shared.",
    )
    .usage(
      "[options] <device> <disk>\n       flotilla flash [options] --site <name> [devices] <disk>",
    )
    .argument("<device>", "a device of the fleet, store-0001; with --site a pattern or a range too")
    .argument("[disk]", "the disk to erase, /dev/sdX")
    .option("--site <name>", "the image of this site, which installs any of its devices")
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
  $ sudo flotilla flash --site boston-seaport /dev/sdX
  $ sudo flotilla flash store-0001 /dev/disk/by-id/usb-SanDisk_Ultra-0:0 --yes --json`,
    )
    .action(async (first: string, second: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<FlashCommandOptions>();
      const { site } = options;
      if (site !== undefined) {
        const [words, disk] = second === undefined ? [[], first] : [[first], second];
        await writeSite({ site, ...(words.length > 0 && { words }) }, disk, options, session);
      } else if (second === undefined) {
        command.error("error: missing required argument 'disk'");
      } else {
        await writeDevice(first, second, options, session);
      }
    });
}

async function writeDevice(
  device: string,
  disk: string,
  options: FlashCommandOptions,
  session: Session,
): Promise<void> {
  const { flashDevice } = await import("../media/flash.ts");
  const report = await flashDevice(options.fleet, device, disk, options, session);
  print(session, options.json ? formatJson(report) : await written(device, report));
  session.progress(
    `Boot the machine from it: it installs ${device}. It contains the device's private keys; ` +
      "erase it when the device is installed.",
  );
}

async function writeSite(
  filter: SiteFilter,
  disk: string,
  options: FlashCommandOptions,
  session: Session,
): Promise<void> {
  const [{ flashSite }, { choiceText }] = await Promise.all([
    import("../media/flash.ts"),
    import("../media/site-group.ts"),
  ]);
  const report = await flashSite(options.fleet, filter, disk, options, session);
  const devices = count(report.devices.length, "device");
  print(
    session,
    options.json ? formatJson(report) : await written(`${devices} of ${report.site}`, report),
  );
  const choice = choiceText(report);
  session.progress(
    `Boot a machine from it: it installs any of ${devices}.${choice === undefined ? "" : ` ${choice}`} ` +
      `It contains the private keys of all of them: if it is lost, ${flotillaCommand("revoke")} --site ${report.site}.`,
  );
}

async function written(what: string, report: Flashed): Promise<string> {
  const { formatBytes } = await import("../terminal/progress.ts");
  const { disk, bytes, sha256, readFromDisk, seconds } = report;
  const source = readFromDisk
    ? "from the disk"
    : "from the page cache, which can't be avoided here";
  return (
    `Wrote ${formatBytes(bytes)} for ${what} to ${disk.path} in ${seconds} s; ` +
    `the same bytes read back (${source}).\nsha256 ${sha256}\n`
  );
}
