/** `flotilla pxe`: writes the files that install a device, or the devices of a site, from the network. */
import { Command } from "commander";
import { count, formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

interface PxeOptions extends GlobalOptions {
  readonly site?: string;
}

export function pxeCommand(session: Session): Command {
  return new Command("pxe")
    .summary("write the files that install devices from the network")
    .description(
      "Writes dist/edge/<device>/pxe/ for machines that boot from the network instead of a stick:\n" +
        "  config.img            an initrd with the device's configuration, to load after Fedora's\n" +
        "  boot.ipxe             a script for iPXE, which loads config.img from its own folder\n" +
        "  kernel-arguments.txt  the kernel arguments, for other boot loaders\n" +
        "Kernel, initrd and root file system are Fedora's own, of the build in the lock. The machine\n" +
        "erases its disk, installs itself and joins the fleet.\n" +
        "\n" +
        "With --site the files are for all devices of a site, in dist/edge/_sites/<site>/, in a folder\n" +
        "for each architecture. A machine is recognized by `match` in the fleet file, or a person\n" +
        "chooses the device at its console. An installed machine is erased only after a person\n" +
        "confirms.\n" +
        "\n" +
        "config.img contains private keys: anybody who can fetch it can be the device. Serve it only in\n" +
        "the network of the machine, over HTTPS if iPXE trusts your server, and remove it when the\n" +
        "machine is installed.",
    )
    .argument("[devices...]", "a device of the fleet, store-0001; with --site several, or patterns")
    .option("--site <name>", "one installer for all devices of this site")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla pxe store-0001
  $ sudo install -D -m 640 -g www-data -t /srv/http/store-0001 dist/edge/store-0001/pxe/*
                                 www-data is the group of the web server. Then let iPXE chain
                                 http://SERVER/store-0001/boot.ipxe
  $ flotilla pxe --site boston-seaport
  $ flotilla pxe store-0001 --json | jq -r .live.kernel

In PXELINUX or GRUB, load Fedora's initrd and config.img as two initrds, in this order:
  initrd initramfs.img,config.img
The consoles under kernelArguments of a profile are consoles of the live system too.`,
    )
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PxeOptions>();
      const [device, other] = words;
      if (options.site !== undefined) {
        await writeSite(options.site, words, options, session);
      } else if (device === undefined) {
        command.error("error: missing argument 'device', or --site");
      } else if (other === undefined) {
        await writeDevice(device, options, session);
      } else {
        command.error("error: several devices need --site");
      }
    });
}

async function writeDevice(device: string, options: PxeOptions, session: Session): Promise<void> {
  const { makePxe } = await import("../media/pxe.ts");
  const made = await makePxe(options.fleet, device, session);
  const lines = made.files.map((file) => `Wrote ${made.folder}/${file}\n`);
  print(session, options.json ? formatJson(made) : lines.join(""));
  session.progress(
    `config.img installs ${device} and contains its private keys: serve it only in the ` +
      "network of the machine, and remove it when the machine is installed.",
  );
}

async function writeSite(
  site: string,
  words: readonly string[],
  options: PxeOptions,
  session: Session,
): Promise<void> {
  const [{ makeSitePxe }, { choiceText }] = await Promise.all([
    import("../media/pxe.ts"),
    import("../media/site-group.ts"),
  ]);
  const filter = { site, ...(words.length > 0 && { words }) };
  const folders = await makeSitePxe(options.fleet, filter, session);
  if (options.json) print(session, formatJson({ folders }));
  for (const made of folders) {
    if (!options.json)
      print(session, made.files.map((file) => `Wrote ${made.folder}/${file}\n`).join(""));
    session.progress(
      `It installs any of ${count(made.devices.length, "device")} (${made.architecture}).`,
    );
    const choice = choiceText(made);
    if (choice !== undefined) session.progress(choice);
  }
  session.progress(
    "config.img contains the private keys of all of these devices: serve it only in the network of " +
      "the machines, and remove it when they are installed. If it is lost, " +
      `${flotillaCommand("revoke")} --site ${site}.`,
  );
}
