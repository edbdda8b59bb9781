/** `flotilla image`: what installs devices. */
import { Command } from "commander";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { isPattern } from "../project/selection.ts";
import {
  count,
  formatJson,
  formatTable,
  type GlobalOptions,
  type Session,
} from "../terminal/session.ts";

interface ImageOptions extends GlobalOptions {
  readonly all?: boolean;
  readonly base?: string;
  readonly force?: boolean;
  readonly stdout?: boolean;
}

export function imageCommand(session: Session): Command {
  return new Command("image")
    .summary("write the images that install devices: what `make iso` runs")
    .description(
      "Copies a Fedora CoreOS live ISO for each device and puts the device's configuration into the\n" +
        "copy. A machine that boots it erases its disk, installs itself and joins the fleet without\n" +
        "another step. The image holds the device's private keys: it is readable by you only, and a\n" +
        "lost stick is a lost device (raise its generation).\n\n" +
        "Many images are made from one base, a few at a time. Where the file system shares blocks\n" +
        "(btrfs, xfs, APFS) they take next to no space. One that fails does not stop the others.\n" +
        "The image of a device that left the fleet goes with the next `flotilla synth`.",
    )
    .argument("[devices...]", "devices of the fleet (store-0001), or patterns of them ('store-*')")
    .option("--all", "every device of the fleet")
    .option("--base <iso>", "a Fedora CoreOS live ISO on this disk")
    .option("--force", "replace a configuration that the base holds already")
    .option("--stdout", "write one image to standard output, and none to the disk")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla image store-0001
  $ flotilla image store-0001 --base fedora-coreos.iso
  $ flotilla image 'store-*' kiosk-01     each from the ISO of its architecture
  $ flotilla image --all --json | jq -r '.images[].path'
  $ flotilla image store-0001 --stdout | ssh tester 'cat > /tmp/store-0001.iso'

To write an image to a stick and check it: flotilla flash.`,
    )
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ImageOptions>();
      const [word = ""] = words;
      if (words.length > 0 && options.all) {
        command.error("error: name devices, or give --all, not both");
      }
      if (words.length === 0 && !options.all) {
        command.error("error: missing argument 'devices'; or give --all");
      }
      const isOne = words.length === 1 && !isPattern(word);
      if (options.stdout) {
        if (!isOne) command.error("error: --stdout takes the name of one device");
        if (options.json) command.error("error: --stdout leaves no place for --json");
        await stream(word, options, session);
      } else if (isOne) {
        await makeOne(word, options, session);
      } else {
        await makeMany(options.all ? undefined : words, options, session);
      }
    });
}

const warning = "private keys: write it to a USB stick, boot the machine from it, then delete it.";

async function makeOne(device: string, options: ImageOptions, session: Session): Promise<void> {
  const { makeImage } = await import("../media/device-image.ts");
  const image = await makeImage(options.fleet, device, options, session);
  session.out(options.json ? formatJson(image) : `Wrote ${image.path}\n`);
  session.progress(`It installs ${device} and holds its ${warning}`);
}

async function makeMany(
  words: readonly string[] | undefined,
  options: ImageOptions,
  session: Session,
): Promise<void> {
  const { makeImages } = await import("../media/device-image.ts");
  const report = await makeImages(options.fleet, words, options, session);
  const { images, failures, seconds, blocksShared } = report;
  if (!options.json && images.length > 0) {
    const rows = images.map(({ device, path, base }) => [device, path, base]);
    session.out(formatTable([["device", "image", "base"], ...rows]));
  }
  const shared = blocksShared ? ", blocks shared with the base" : "";
  session.progress(`${count(images.length, "image")} in ${seconds} s${shared}`);
  if (failures.length > 0) {
    const names = failures.map(({ device }) => device).join(", ");
    const all = images.length + failures.length;
    const message = `${failures.length} of ${count(all, "image")} failed: ${names}`;
    throw new OperationError(message, { result: report });
  }
  if (options.json) session.out(formatJson(report));
  session.progress(`Each installs its device and holds its ${warning}`);
}

async function stream(device: string, options: ImageOptions, session: Session): Promise<void> {
  const { stream: output } = session;
  if (output === undefined) throw new Error("this session has no stream for bytes");
  if (output.isTTY) {
    throw new OperationError(
      "an image is no text for a terminal. Send it somewhere: " +
        `flotilla image ${device} --stdout > ${device}.iso`,
    );
  }
  const { streamDeviceImage } = await import("../media/device-image.ts");
  await streamDeviceImage(options.fleet, device, options, session, output);
}
