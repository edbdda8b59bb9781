/**
 * The installation by a live system that reads `installer.d`: its Ignition configuration, as
 * `coreos-installer iso customize` writes it. The hooks tell a person at the screen what happens; the
 * installer itself shows its progress.
 */
import { sourceText } from "../../fleet/files/source-text.ts";
import { addInstallHook, destinationPath } from "../iso/install-hooks.ts";
import { installerFolder, writeInstallerConfig } from "../iso/installer-config.ts";
import { LiveIgnition } from "../iso/live-ignition.ts";
import type { Installation } from "./installation.ts";

export const settingsPath = `${installerFolder}/0000-customize.yaml`;

/** What the hooks and the unit read: variables for a shell and for systemd. */
export const variablesPath = "/etc/flotilla/installation";

const failureUnit = "flotilla-install-failed.service";

const hooks = {
  pre: Buffer.from(sourceText("edge/installer/live-install/pre-install.sh")),
  post: Buffer.from(sourceText("edge/installer/live-install/post-install.sh")),
} as const;

/** The settings of the installer in the live system: YAML whose keys are its long options. */
export function installerSettings({
  disk,
  kernelArguments,
}: Pick<Installation, "disk" | "kernelArguments">): string {
  return writeInstallerConfig({
    ignitionFile: destinationPath,
    consoles: [],
    appendedKernelArguments: kernelArguments,
    deletedKernelArguments: [],
    // Keyfiles of a customized image, and what the kernel's arguments made of them in the live system.
    copyNetwork: true,
    device: disk,
  });
}

/** The live system's configuration. The device's one is in it unchanged, byte for byte. */
export function liveInstall(installation: Installation): Uint8Array {
  return liveSystem(installation).toBytes();
}

/** The live system's configuration, to be looked at or added to. */
export function liveSystem(installation: Installation): LiveIgnition {
  const { name, disk, ignition } = installation;
  const live = new LiveIgnition();
  addInstallHook(live, "pre", "flotilla", hooks.pre);
  addInstallHook(live, "post", "flotilla", hooks.post);
  live.addUnit({
    name: "coreos-installer.service",
    dropins: [{ name: "flotilla.conf", contents: `[Unit]\nOnFailure=${failureUnit}\n` }],
  });
  live.addUnit({
    name: failureUnit,
    contents: sourceText("edge/installer/live-install/flotilla-install-failed.service"),
  });
  const variables = `DEVICE=${shellQuoted(name)}\nDISK=${shellQuoted(disk)}\n`;
  live.addFile(variablesPath, Buffer.from(variables), 0o600);
  live.addFile(destinationPath, Buffer.from(ignition), 0o600);
  live.addFile(settingsPath, Buffer.from(installerSettings(installation)), 0o600);
  return live;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
