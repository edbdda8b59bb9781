/** `flotilla pxe`: what installs one device from the network. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

export function pxeCommand(session: Session): Command {
  return new Command("pxe")
    .summary("write what installs a device from the network: initrd appendix, iPXE script")
    .description(
      "Writes dist/edge/<device>/pxe/ for machines that boot from the network instead of a stick:\n" +
        "  config.img            an initrd with the device's configuration, loaded behind Fedora's\n" +
        "  boot.ipxe             a script for iPXE, which finds config.img beside itself\n" +
        "  kernel-arguments.txt  what the kernel is told, for other boot loaders\n" +
        "Kernel, initrd and root file system are Fedora's own, of the build that the lock pins. The\n" +
        "machine erases its disk, installs itself and joins the fleet.\n\n" +
        "config.img holds the device's private keys: whoever can fetch it can be the device. Serve\n" +
        "it only in the network where the machine stands, over HTTPS if iPXE trusts your server,\n" +
        "and take it away when the machine is installed.",
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
      const made = makePxe(options.fleet, device, session);
      const lines = made.files.map((file) => `Wrote ${made.folder}/${file}\n`);
      session.out(options.json ? formatJson(made) : lines.join(""));
      session.progress(
        `config.img installs ${device} and holds its private keys: serve it only where the ` +
          "machine stands, and take it away when the machine is installed.",
      );
    });
}
