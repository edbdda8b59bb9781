/** `flotilla image`: makes the images that install devices. */
import { Command } from "commander";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { isPattern } from "../project/device-selection.ts";
import {
  count,
  formatJson,
  formatTable,
  type GlobalOptions,
  print,
  type Session,
} from "../terminal/session.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

interface ImageOptions extends GlobalOptions {
  readonly all?: boolean;
  readonly allowRelease?: boolean;
  readonly base?: string;
  readonly force?: boolean;
  readonly stdout?: boolean;
  readonly site?: string;
  readonly ring?: string;
  readonly shared?: boolean;
}

export function imageCommand(session: Session): Command {
  return new Command("image")
    .summary("write the images that install devices: what `make iso` runs")
    .description(
      "Copies a Fedora CoreOS live ISO for each device and embeds the device's configuration. A machine\n" +
        "that boots it erases its disk, installs itself and joins the fleet without another step. The\n" +
        "image contains the device's private keys: only you can read it. If a stick is lost, raise the\n" +
        "device's generation.\n" +
        "\n" +
        "Images are made a few at a time. On a file system that shares blocks (btrfs, xfs, APFS) they\n" +
        "take almost no space. A failed image does not stop the others. The image of a removed device\n" +
        "is deleted by the next `flotilla synth`.\n" +
        "\n" +
        "With --shared one image has all devices of a site, for each architecture. It recognizes the\n" +
        "machine by `match` in the fleet file; otherwise a person chooses the device from a list. An\n" +
        "installed machine is erased only after a person confirms. From the network: flotilla pxe\n" +
        "--site.",
    )
    .argument(
      "[devices...]",
      "devices of the fleet (store-0001), patterns ('store-*') or ranges ('store-{0001..0010}')",
    )
    .option("--all", "every device of the fleet")
    .option("--site <name>", "only devices of this site")
    .option("--ring <name>", "only devices of this ring")
    .option("--shared", "one image that installs any of the devices of --site")
    .option(
      "--base <iso>",
      "use this Fedora CoreOS live ISO (default: the one in the lock, downloaded)",
    )
    .option(
      "--allow-release",
      "accept a base of an older release than the lock's, or of another CoreOS",
    )
    .option("--force", "replace what the ISO contains already: all of it, if Flotilla made it")
    .option("--stdout", "write one image to standard output, not to the disk")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla image store-0001
  $ flotilla image store-0001 --base fedora-coreos.iso
  $ flotilla image 'store-*' kiosk-01     each from the ISO of its architecture
  $ flotilla image 'store-{0001..0010}'
  $ flotilla image --ring canary
  $ flotilla image --site boston --shared   one image for all devices of the site
  $ flotilla image --all --json | jq -r '.images[].path'
  $ flotilla image store-0001 --stdout | ssh tester 'cat > /tmp/store-0001.iso'

To write an image to a stick and check it: flotilla flash.`,
    )
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ImageOptions>();
      const [word = ""] = words;
      if (words.length > 0 && options.all) {
        command.error("error: give devices or --all, not both");
      }
      const { site, ring } = options;
      if (options.shared && site === undefined) command.error("error: --shared needs --site");
      const isFiltered = site !== undefined || ring !== undefined;
      if (words.length === 0 && !options.all && !isFiltered) {
        command.error("error: missing argument 'devices', or --all");
      }
      if (options.shared && site !== undefined) {
        if (options.stdout) command.error("error: --shared can't be used with --stdout");
        await makeShared(site, words.length > 0 ? words : undefined, options, session);
        return;
      }
      const isOne = words.length === 1 && !isPattern(word) && !isFiltered;
      if (options.stdout) {
        if (!isOne) command.error("error: --stdout takes the name of one device");
        if (options.json) command.error("error: --stdout can't be used with --json");
        await stream(word, options, session);
      } else if (isOne) {
        await makeOne(word, options, session);
      } else {
        await makeMany(words.length > 0 ? words : undefined, options, session);
      }
    });
}

const warning = "private keys: write it to a USB stick, boot the machine from it, then delete it.";

async function makeOne(device: string, options: ImageOptions, session: Session): Promise<void> {
  const { makeImage } = await import("../media/device-image.ts");
  const image = await makeImage(options.fleet, device, options, session);
  print(session, options.json ? formatJson(image) : `Wrote ${image.path}\n`);
  session.progress(`It installs ${device} and contains its ${warning}`);
}

async function makeMany(
  words: readonly string[] | undefined,
  options: ImageOptions,
  session: Session,
): Promise<void> {
  const { makeImages } = await import("../media/device-image.ts");
  const report = await makeImages(
    options.fleet,
    { ...options, ...(words !== undefined && { words }) },
    options,
    session,
  );
  const { images, failures, seconds, blocksShared } = report;
  if (!options.json && images.length > 0) {
    const rows = images.map(({ device, path, base }) => [device, path, base]);
    print(session, formatTable([["device", "image", "base"], ...rows]));
  }
  const shared = blocksShared ? ", blocks shared with the live ISO" : "";
  session.progress(`${count(images.length, "image")} in ${seconds} s${shared}`);
  if (failures.length > 0) {
    const names = failures.map(({ device }) => device).join(", ");
    const all = images.length + failures.length;
    const message = `${failures.length} of ${count(all, "image")} failed: ${names}`;
    throw new OperationError(message, { result: report });
  }
  if (options.json) print(session, formatJson(report));
  session.progress(`Each installs its device and contains its ${warning}`);
}

async function makeShared(
  site: string,
  words: readonly string[] | undefined,
  options: ImageOptions,
  session: Session,
): Promise<void> {
  const [{ makeSiteImages }, { choiceText }] = await Promise.all([
    import("../media/site-image.ts"),
    import("../media/site-group.ts"),
  ]);
  const filter = { ...options, site, ...(words !== undefined && { words }) };
  const report = await makeSiteImages(options.fleet, filter, options, session);
  if (options.json) print(session, formatJson(report));
  for (const image of report.images) {
    const { path, devices, usedBytes, areaBytes } = image;
    if (!options.json) print(session, `Wrote ${path}\n`);
    const percent = Math.ceil((usedBytes / areaBytes) * 100);
    session.progress(`It installs any of ${count(devices.length, "device")}; ${percent} % full.`);
    const choice = choiceText(image);
    if (choice !== undefined) session.progress(choice);
  }
  session.progress(
    "It contains the private keys of all of these devices: if it is lost, " +
      `${flotillaCommand("revoke")} --site ${site}.`,
  );
}

async function stream(device: string, options: ImageOptions, session: Session): Promise<void> {
  const { stream: output } = session;
  if (output === undefined) throw new Error("this session has no stream for bytes");
  if (output.isTTY) {
    throw new OperationError(
      "an image can't be written to a terminal. Redirect it: " +
        `${flotillaCommand("image")} ${device} --stdout > ${device}.iso`,
    );
  }
  const { streamDeviceImage } = await import("../media/device-image.ts");
  await streamDeviceImage(options.fleet, device, options, session, output);
}
