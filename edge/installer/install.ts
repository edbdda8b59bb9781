/**
 * The installation medium's own configuration: it runs in the live system, carries the device's
 * Ignition, installs Fedora CoreOS with it and restarts.
 *
 * It must work on live ISOs back to 2020, so: Butane fcos 1.1.0 (Ignition 3.1.0), and of
 * coreos-installer only flags that it had then. A failed installation is not tried again: a wrong
 * disk name stays wrong, and a person has to see it. The live system logs `core` in on the console
 * by itself, which leaves a shell for them.
 */
import type { ButaneConfig, ButaneUnit } from "../butane/config.ts";
import { systemdCommand, systemdText } from "./systemd.ts";

const butaneVersion = "1.1.0";

const ignitionPath = "/etc/flotilla/device.ign";
const installUnit = "flotilla-install.service";
const failureUnit = "flotilla-install-failed.service";

/** How long a person has to pull the stick, so that the machine doesn't start from it again. */
const restartDelaySeconds = 10;

/** systemd gives a login prompt at most five seconds to wait for the boot to be quiet. */
const promptDelaySeconds = 6;

export interface NestedInstall {
  /** The device's name. */
  readonly name: string;
  /** Its name and its fleet's, for people. */
  readonly title: string;
  /** The block device that is erased. */
  readonly disk: string;
  /** Appended to the installed system's kernel command line. */
  readonly kernelArguments: readonly string[];
  /** The text of the device's own Ignition, secrets and all. */
  readonly ignition: string;
}

export function installConfig(install: NestedInstall): ButaneConfig {
  const contents = { inline: install.ignition };
  return {
    variant: "fcos",
    version: butaneVersion,
    storage: { files: [{ path: ignitionPath, mode: 0o600, contents }] },
    systemd: { units: [failure(install), installation(install)] },
  };
}

function installation({ name, title, disk, kernelArguments }: NestedInstall): ButaneUnit {
  const install = systemdCommand(
    "/usr/bin/coreos-installer",
    "install",
    disk,
    "--ignition-file",
    ignitionPath,
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

function failure({ name, disk }: NestedInstall): ButaneUnit {
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
