/**
 * How a device's image installs it. Where the live system reads `installer.d` (images since
 * 2021-12) it is told there what to do, as `coreos-installer iso customize` does it; older images
 * get the device's installation medium, a live Ignition config that runs the installer itself.
 */
import { parseDocument } from "yaml";
import type { Patch } from "../formats/bytes.ts";
import type { Files } from "../formats/cpio.ts";
import { areaFiles, areaPatch } from "./area.ts";
import { fileInConfig, pathsInConfig } from "./contents.ts";
import { readFeatures } from "./features.ts";
import { embeddedIgnition, ignitionPath, requireWithoutIgnition } from "./ignition.ts";
import type { Image } from "./image.ts";
import { addInstallHook, destinationPath } from "./install-hooks.ts";
import { installerFolder, writeInstallerConfig } from "./installer-config.ts";
import { LiveIgnition } from "./live-ignition.ts";

export interface DeviceInstall {
  /** The installation medium, for images without `installer.d`: it carries `device`. */
  readonly ignition: Uint8Array;
  /** The device's own Ignition config, which is installed. */
  readonly device: Uint8Array;
  /** The disk that is erased, `/dev/nvme0n1`. */
  readonly disk: string;
  /** Appended to the installed system's kernel command line. */
  readonly kernelArguments: readonly string[];
}

export interface EmbeddedInstall {
  /** By `installer.d`, or by the installation medium's own units. */
  readonly way: "installer.d" | "nested";
  /** The live system's config. */
  readonly ignition: Uint8Array;
  /** The device's config in it. */
  readonly device: Uint8Array;
  /** The disk that is erased; undefined for `nested`, where a unit names it. */
  readonly disk: string | undefined;
}

/** Where the installation medium has the device's config. */
const nestedPath = "/etc/flotilla/device.ign";

const settingsPath = `${installerFolder}/0000-customize.yaml`;

/** A person before the screen has this long to take the medium out. */
const restartDelaySeconds = 10;
/** The emergency shell clears the screen when it comes: let it come first. */
const shellDelaySeconds = 6;

/**
 * What to write into the image so that it installs the device. An image that holds a config already
 * is a mistake, unless `force` says to replace it.
 */
export function installPatches(
  image: Image,
  install: DeviceInstall,
  options: { readonly force: boolean },
): readonly Patch[] {
  const files = areaFiles(image);
  if (!options.force) requireWithoutIgnition(image, files);
  const byInstallerConfig = readFeatures(image).installerConfig;
  return [areaPatch(image, new Map([...files, ...installFiles(install, { byInstallerConfig })]))];
}

/** The files that the embed area gets, for the byte budget and for booting from the network. */
export function installFiles(
  install: DeviceInstall,
  { byInstallerConfig }: { readonly byInstallerConfig: boolean },
): Files {
  const ignition = byInstallerConfig ? liveIgnition(install) : install.ignition;
  return new Map([[ignitionPath, ignition]]);
}

/** What the image installs, or undefined where it holds no device. */
export function embeddedInstall(image: Image): EmbeddedInstall | undefined {
  const ignition = embeddedIgnition(image);
  if (ignition === undefined) return undefined;
  const settings = pathsInConfig(ignition).findLast((path) => path.startsWith(installerFolder));
  if (settings === undefined) {
    const device = fileInConfig(ignition, nestedPath);
    return device && { way: "nested", ignition, device, disk: undefined };
  }
  const device = fileInConfig(ignition, destinationPath);
  if (device === undefined) return undefined;
  const text = Buffer.from(fileInConfig(ignition, settings) ?? []).toString("utf8");
  const disk: unknown = parseDocument(text).get("dest-device");
  const isText = typeof disk === "string";
  return { way: "installer.d", ignition, device, disk: isText ? disk : undefined };
}

/**
 * The device's config goes in as it is, byte for byte. The hooks tell a person before the screen
 * what happens; the installer itself shows its progress.
 */
function liveIgnition({ device, disk, kernelArguments }: DeviceInstall): Uint8Array {
  const name = hostNameOf(device) ?? "this device";
  const live = new LiveIgnition();
  addInstallHook(
    live,
    "pre",
    "flotilla",
    script([
      `Installing ${name} on ${disk}.`,
      "Everything on that disk is erased. Do not switch off.",
    ]),
  );
  addInstallHook(
    live,
    "post",
    "flotilla",
    script(
      [
        `${name} is installed on ${disk}. Remove the installation medium now.`,
        `Restarting in ${restartDelaySeconds} seconds.`,
      ],
      `sleep ${restartDelaySeconds}`,
    ),
  );
  live.addUnit({
    name: "coreos-installer.service",
    dropins: [
      {
        name: "flotilla.conf",
        contents: "[Unit]\nOnFailure=flotilla-install-failed.service\n",
      },
    ],
  });
  live.addUnit({ name: "flotilla-install-failed.service", contents: failure(name, disk) });
  live.addFile(destinationPath, device, 0o600);
  const settings = writeInstallerConfig({
    ignitionFile: destinationPath,
    consoles: [],
    appendedKernelArguments: kernelArguments,
    deletedKernelArguments: [],
    copyNetwork: false,
    device: disk,
  });
  live.addFile(settingsPath, Buffer.from(settings), 0o600);
  return live.toBytes();
}

function script(lines: readonly string[], last = ""): Uint8Array {
  const says = lines.map((line) => `echo '${line.replaceAll("'", "'\\''")}'`);
  return Buffer.from(["#!/bin/sh", ...says, ...(last === "" ? [] : [last]), ""].join("\n"));
}

function failure(name: string, disk: string): string {
  const text = (line: string) => line.replaceAll("%", "%%").replaceAll("$", () => "$$");
  const say = (line: string) => `ExecStart=/usr/bin/echo "${text(line)}"`;
  return `[Unit]
Description=Say that the installation of ${name} failed
DefaultDependencies=no

[Service]
Type=oneshot
StandardOutput=kmsg+console
ExecStartPre=/usr/bin/sleep ${shellDelaySeconds}
${say(`INSTALLATION FAILED: ${name} is NOT installed on ${disk}.`)}
${say("What happened: journalctl -u coreos-installer.service. The disks: lsblk.")}
${say("Once more: start from this medium again. Nothing restarts by itself.")}
`;
}

/** The name that the device gives itself. */
function hostNameOf(device: Uint8Array): string | undefined {
  const bytes = fileInConfig(device, "/etc/hostname");
  const name = bytes && Buffer.from(bytes).toString("utf8").trim();
  return name !== undefined && /^[A-Za-z0-9.-]+$/.test(name) ? name : undefined;
}
