/**
 * The installation by a live system that reads `installer.d`: its Ignition configuration, as
 * `coreos-installer iso customize` writes it. The hooks tell a person at the screen what happens; the
 * installer itself shows its progress.
 */
import { sourceText } from "../../fleet/files/source-text.ts";
import { shellQuoted } from "../../fleet/model/shell-word.ts";
import { describeDisk, disksOf } from "../../fleet/model/disk.ts";
import { diskHint, knownDisk } from "./disk-hint.ts";
import { addInstallHook, destinationPath } from "../iso/install-hooks.ts";
import { installerFolder, writeInstallerConfig } from "../iso/installer-config.ts";
import { LiveIgnition } from "../iso/live-ignition.ts";
import type { Installation } from "./installation.ts";

export const settingsPath = `${installerFolder}/0000-customize.yaml`;

/** What the hooks and the unit read: variables for a shell and for systemd. */
export const variablesPath = "/etc/flotilla/installation";

/** What chooses a disk, and its text. */
const chooserPath = "/etc/flotilla/choose-disk.jq";
const chooser = Buffer.from(sourceText("edge/installer/live-install/choose-disk.jq"));

const failureUnit = "flotilla-install-failed.service";

const hooks = {
  pre: Buffer.from(sourceText("edge/installer/live-install/pre-install.sh")),
  post: Buffer.from(sourceText("edge/installer/live-install/post-install.sh")),
} as const;

/** The settings of the installer in the live system: YAML whose keys are its long options. */
export function installerSettings({
  disk,
  keptPartition,
  kernelArguments,
}: Pick<Installation, "disk" | "keptPartition" | "kernelArguments">): string {
  const device = knownDisk(disk);
  return writeInstallerConfig({
    ignitionFile: destinationPath,
    consoles: [],
    appendedKernelArguments: kernelArguments,
    deletedKernelArguments: [],
    // Keyfiles of a customized image, and what the kernel's arguments made of them in the live system.
    copyNetwork: true,
    ...(keptPartition !== undefined && { savedPartitions: [keptPartition] }),
    // One that the live system chooses is in a file beside this one.
    ...(device !== undefined && { device }),
  });
}

/** The live system's configuration. The device's one is in it unchanged, byte for byte. */
export function liveInstall(installation: Installation): Uint8Array {
  return liveSystem(installation).toBytes();
}

/** The live system's configuration, to be looked at or added to. */
export function liveSystem(installation: Installation): LiveIgnition {
  const { ignition } = installation;
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
  live.addFile(variablesPath, Buffer.from(variables(installation)), 0o600);
  if (diskHint(installation.disk) !== undefined) live.addFile(chooserPath, chooser, 0o600);
  live.addFile(destinationPath, Buffer.from(ignition), 0o600);
  live.addFile(settingsPath, Buffer.from(installerSettings(installation)), 0o600);
  return live;
}

/** For the hooks and for the unit that reports a failure. */
function variables({ name, disk, dataDisk, keptDisk, keptPartition }: Installation): string {
  const hint = diskHint(disk);
  const others = disksOf(disk).slice(1);
  const values: readonly (readonly [name: string, value: string | undefined])[] = [
    ["DEVICE", name],
    ["DISK", knownDisk(disk) ?? describeDisk(disk)],
    ["OTHER_DISKS", others.length > 0 ? others.join(" ") : undefined],
    ["HINT", hint && JSON.stringify(hint)],
    ["DATA_DISK", dataDisk],
    ["KEPT_DISK", keptDisk],
    ["KEPT_PARTITION", keptPartition],
  ];
  return values
    .filter(([, value]) => value !== undefined)
    .map(([key, value = ""]) => `${key}=${shellQuoted(value)}\n`)
    .join("");
}
