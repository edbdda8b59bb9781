/** `flotilla pxe`: writes the files that install one device from the network. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";

export function pxeCommand(session: Session): Command {
  return new Command("pxe")
    .summary("write the files that install a device from the network")
    .description(
      "Writes dist/edge/<device>/pxe/ for machines that boot from the network instead of a stick:\n" +
        "  config.img            an initrd with the device's configuration, to load after Fedora's\n" +
        "  boot.ipxe             a script for iPXE, which loads config.img from its own folder\n" +
        "  kernel-arguments.txt  the kernel arguments, for other boot loaders\n" +
        "Kernel, initrd and root file system are Fedora's own, of the build in the lock. The machine\n" +
        "erases its disk, installs itself and joins the fleet.\n" +
        "\n" +
        "config.img contains the device's private keys: anybody who can fetch it can be the device.\n" +
        "Serve it only in the network of the machine, over HTTPS if iPXE trusts your server, and remove\n" +
        "it when the machine is installed.",
    )
    .argument("<device>", "a device of the fleet, store-0001")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla pxe store-0001
  $ cp dist/edge/store-0001/pxe/* /srv/http/store-0001/
                                 then let iPXE chain http://SERVER/store-0001/boot.ipxe
  $ flotilla pxe store-0001 --json | jq -r .live.kernel

In PXELINUX or GRUB, load Fedora's initrd and config.img as two initrds, in this order:
  initrd initramfs.img,config.img`,
    )
    .action(async (device: string, _options: unknown, command: Command) => {
      const { makePxe } = await import("../media/pxe.ts");
      const options = command.optsWithGlobals<GlobalOptions>();
      const made = await makePxe(options.fleet, device, session);
      const lines = made.files.map((file) => `Wrote ${made.folder}/${file}\n`);
      print(session, options.json ? formatJson(made) : lines.join(""));
      session.progress(
        `config.img installs ${device} and contains its private keys: serve it only in the ` +
          "network of the machine, and remove it when the machine is installed.",
      );
    });
}
