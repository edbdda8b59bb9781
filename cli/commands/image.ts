/** `flotilla image`: what installs one device. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, type Session } from "../session.ts";

interface ImageOptions extends GlobalOptions {
  readonly base?: string;
  readonly force?: boolean;
}

export function imageCommand(session: Session): Command {
  return new Command("image")
    .summary("write the image that installs a device: what `make iso` runs")
    .description(
      "Copies a Fedora CoreOS live ISO and puts the device's configuration into the copy. A machine\n" +
        "that boots it erases its disk, installs itself and joins the fleet without another step.\n" +
        "The image holds the device's private keys: it is readable by you only, and a lost stick\n" +
        "is a lost device (raise its generation). Without --base it says which ISO to get.",
    )
    .argument("<device>", "a device of the fleet, store-0001")
    .option("--base <iso>", "the Fedora CoreOS live ISO that you downloaded")
    .option("--force", "replace a configuration that the base holds already")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla image store-0001
  $ flotilla image store-0001 --base fedora-coreos.iso
  $ dd if=dist/edge/store-0001/store-0001.iso of=/dev/sdX bs=4M conv=fsync`,
    )
    .action(async (device: string, _options: unknown, command: Command) => {
      const { makeImage } = await import("../device-image.ts");
      const options = command.optsWithGlobals<ImageOptions>();
      const image = await makeImage(options.fleet, device, options, session);
      session.out(options.json ? formatJson(image) : `Wrote ${image.path}\n`);
      session.progress(
        `It installs ${device} and holds its private keys: write it to a USB stick, boot the ` +
          "machine from it, then delete it.",
      );
    });
}
