/**
 * The installation by a live system that does not read `installer.d` (releases before December 2021):
 * a live configuration that carries the device's Ignition, installs Fedora CoreOS with it and
 * restarts.
 *
 * It must work on live ISOs back to 2020, so it is Butane fcos 1.1.0 (Ignition 3.1.0), with only those
 * flags of coreos-installer that it had then. A failed installation is not tried again: a wrong disk
 * name stays wrong, and a person has to see it. The live system logs `core` in on the console by
 * itself, which gives them a shell.
 */
import type { ButaneConfig, ButaneUnit } from "../butane/config.ts";
import { formatEntry } from "../butane/report.ts";
import { butaneText } from "../butane/text.ts";
import { translateConfig } from "../butane/translate.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { keyfileFolder } from "../keyfile.ts";
import { knownDisk } from "./disk-hint.ts";
import type { Installation } from "./installation.ts";
import { systemdCommand, systemdText } from "./systemd.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

const butaneVersion = "1.1.0";

/** Where the live system has the device's configuration. */
export const nestedPath = "/etc/flotilla/device.ign";
const installUnit = "flotilla-install.service";
const failureUnit = "flotilla-install-failed.service";

/** How long a person has to remove the stick, so the machine doesn't start from it again. */
const restartDelaySeconds = 10;

/** A login prompt waits at most five seconds for the messages of the boot to end. */
const promptDelaySeconds = 6;

/** The live system's configuration, as Butane and as Ignition. */
export function nestedInstall(installation: Installation): {
  readonly butane: string;
  readonly ignition: string;
} {
  const { title, keyfiles, ignition: inline } = installation;
  const disk = diskOf(installation);
  const config: ButaneConfig = {
    variant: "fcos",
    version: butaneVersion,
    storage: {
      files: [
        { path: nestedPath, mode: 0o600, contents: { inline } },
        // The initramfs of these releases does not read keyfiles; the live system's root does.
        ...[...keyfiles].map(([name, text]) => ({
          path: `${keyfileFolder}/${name}`,
          mode: 0o600,
          contents: { inline: text },
        })),
      ],
    },
    systemd: { units: [failure(installation, disk), installer(installation, disk)] },
  };
  const { ignition, report } = translateConfig(config);
  if (ignition === undefined || report.length > 0) {
    throw new Error(`${title}: ${report.map(formatEntry).join("; ")}`);
  }
  const comment = `Installation medium of ${title}, written by flotilla`;
  return { butane: butaneText(config, comment), ignition };
}

/** @throws InputError if the disk is chosen, or a part of it is kept: these need the installer's hooks */
function diskOf({ title, disk, keptPartition }: Installation): string {
  const known = knownDisk(disk);
  if (known !== undefined && keptPartition === undefined) return known;
  const what = known === undefined ? "choose a disk" : "keep a partition of the boot disk";
  const message = `a live ISO from before December 2021 cannot ${what}. Use a newer Fedora CoreOS: ${flotillaCommand("pin")}.`;
  throw new InputError([{ file: title, message }]);
}

function installer({ name, title, kernelArguments }: Installation, disk: string): ButaneUnit {
  const install = systemdCommand(
    "/usr/bin/coreos-installer",
    "install",
    disk,
    "--ignition-file",
    nestedPath,
    // Since April 2020 (coreos-installer 0.2.0), as is the embed area.
    "--copy-network",
    ...kernelArguments.flatMap((argument) => ["--append-karg", argument]),
  );
  return {
    name: installUnit,
    enabled: true,
    contents: `[Unit]
Description=${systemdText(`Install Fedora CoreOS for ${name} on ${disk}`)}
OnFailure=${failureUnit}

[Service]
Type=oneshot
RemainAfterExit=yes
StandardOutput=journal+console
StandardError=journal+console
# The disk may show up a moment after the boot.
ExecStartPre=/usr/bin/udevadm settle
ExecStartPre=${say(`Installing ${title} on ${disk}.`)}
ExecStartPre=${say("Everything on that disk is erased. Do not switch off.")}
ExecStart=${install}
ExecStart=${say(`${name} is installed on ${disk}. Remove the installation medium now.`)}
ExecStart=${say(`Restarting in ${restartDelaySeconds} seconds.`)}
ExecStart=/usr/bin/sleep ${restartDelaySeconds}
ExecStart=/usr/bin/systemctl --no-block reboot

[Install]
WantedBy=multi-user.target
`,
  };
}

function failure({ name }: Installation, disk: string): ButaneUnit {
  return {
    name: failureUnit,
    contents: `[Unit]
Description=${systemdText(`Say that the installation of ${name} failed`)}

[Service]
Type=oneshot
StandardOutput=journal+console
# The login prompt clears the screen when it comes: let it come first.
ExecStartPre=/usr/bin/sleep ${promptDelaySeconds}
ExecStart=${say(`INSTALLATION FAILED: ${name} is NOT installed on ${disk}.`)}
ExecStart=${say(`What happened: journalctl -u ${installUnit}. The disks: lsblk.`)}
ExecStart=${say(`Once more: sudo systemctl restart ${installUnit}. Nothing restarts by itself.`)}
`,
  };
}

function say(message: string): string {
  return systemdCommand("/usr/bin/echo", message);
}
