/**
 * `coreos-installer iso customize`: embeds a live Ignition config and network settings, so that the live
 * system installs automatically, as the options say.
 */
import { FormatError } from "../../../edge/formats/bytes.ts";
import type { Files } from "../../../edge/formats/cpio.ts";
import type { Patch } from "../../../edge/formats/bytes.ts";
import { areaPatch } from "../../../edge/iso/area.ts";
import { readFeatures } from "../../../edge/iso/features.ts";
import type { Features } from "../../../edge/iso/features.ts";
import { ignitionPath } from "../../../edge/iso/ignition.ts";
import { addInstallHook, destinationPath } from "../../../edge/iso/install-hooks.ts";
import { installerFolder, writeInstallerConfig } from "../../../edge/iso/installer-config.ts";
import { DuplicateError, LiveIgnition } from "../../../edge/iso/live-ignition.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";
import { consoleHint } from "./console.ts";
import { readIgnition } from "./ignition-config.ts";
import { checkInstallerConfig } from "./installer-config-check.ts";
import { kernelArgumentPatches } from "../../../edge/iso/kernel-arguments.ts";
import { changedArguments } from "./kernel-arguments.ts";
import type { ArgumentChanges } from "./kernel-arguments.ts";
import type { LiveImage } from "./live-image.ts";
import { liveKeyfilePath } from "../../../edge/iso/live-keyfiles.ts";
import { networkFiles, noNetworkSupport } from "./network.ts";
import type { NamedFile } from "./network.ts";

/** Lists are in the order of the command line. */
export interface Customization {
  readonly destinationIgnition: readonly NamedFile[];
  readonly destinationDevice: string | undefined;
  /** With all their settings, as `parseConsole` returns them. */
  readonly destinationConsoles: readonly string[];
  readonly destinationArguments: Pick<ArgumentChanges, "append" | "delete">;
  readonly networkKeyfiles: readonly NamedFile[];
  readonly authorities: readonly NamedFile[];
  readonly preInstall: readonly NamedFile[];
  readonly postInstall: readonly NamedFile[];
  readonly installerConfigs: readonly NamedFile[];
  readonly liveIgnition: readonly NamedFile[];
  readonly liveArguments: ArgumentChanges;
  /** Accept an image that is already customized. */
  readonly force: boolean;
}

/** How the operation reads files and prints notices. */
export interface CustomizeWorld {
  readonly read: (file: NamedFile) => Uint8Array;
  /** Prints lines for the user. */
  readonly notice: (text: string) => void;
}

/** What to write into the image. It replaces everything that was embedded. */
export function customizePatches(
  image: LiveImage,
  customization: Customization,
  world: CustomizeWorld,
): readonly Patch[] {
  if (!customization.force) requirePlain(image);
  const files = duplicatesRefused(image.name, () =>
    customizedFiles(image, readFeatures(image), customization, world),
  );
  const changes = customization.liveArguments;
  const argumentPatches: Patch[] = [];
  if (changes.append.length + changes.delete.length + changes.replace.length > 0) {
    const { kernelArguments } = image;
    if (kernelArguments === undefined) {
      const message = "This OS image does not support customizing live kernel arguments.";
      throw new Refusal(image.name, message);
    }
    const text = changedArguments(kernelArguments.original, changes, image.name);
    argumentPatches.push(...kernelArgumentPatches(image, kernelArguments, text));
  }
  return [areaPatch(image, files), ...argumentPatches];
}

function requirePlain(image: LiveImage): void {
  const { kernelArguments } = image;
  const isCustomized =
    image.files.has(ignitionPath) ||
    networkFiles(image).size > 0 ||
    kernelArguments?.current !== kernelArguments?.original;
  if (!isCustomized) return;
  throw new Refusal(image.name, "This ISO image is already customized; use -f to force.");
}

/** The live system so far. `live` is created when something is added to it. */
interface Making {
  readonly features: Features;
  readonly world: CustomizeWorld;
  readonly files: Map<string, Uint8Array>;
  live: LiveIgnition | undefined;
  installerConfigCount: number;
}

function customizedFiles(
  image: LiveImage,
  features: Features,
  customization: Customization,
  world: CustomizeWorld,
): Files {
  const making: Making = {
    features,
    world,
    files: new Map(),
    live: undefined,
    installerConfigCount: 0,
  };
  const destinations = customization.destinationIgnition.map((file) => ignitionOf(file, world));
  if (customization.destinationConsoles.length > 0 && !features.installerConsole) {
    const message = "This OS image does not support customizing the destination console.";
    throw new Refusal(image.name, message);
  }
  const hint = consoleHint(
    customization.destinationArguments.append,
    "--dest-karg-append",
    "--dest-console",
  );
  if (hint !== undefined) world.notice(`\n${hint}\n`);
  addKeyfiles(image, making, customization.networkKeyfiles);
  const authorities = customization.authorities.map((file) => {
    const data = world.read(file);
    liveOf(making).addAuthority(data);
    return data;
  });
  for (const file of customization.preInstall) {
    const script = world.read(file);
    addInstallHook(liveOf(making), "pre", file.name, script);
  }
  for (const file of customization.postInstall) {
    const script = world.read(file);
    addInstallHook(liveOf(making), "post", file.name, script);
  }
  for (const file of customization.installerConfigs) {
    const data = world.read(file);
    blamingFile(file, "installer config", () => checkInstallerConfig(data));
    addInstallerConfig(image, making, file.name, data);
  }
  for (const file of customization.liveIgnition) liveOf(making).merge(ignitionOf(file, world));
  addInstallation(image, making, customization, destinationOf(destinations, authorities));
  if (making.live !== undefined) making.files.set(ignitionPath, making.live.toBytes());
  return making.files;
}

function liveOf(making: Making): LiveIgnition {
  return (making.live ??= new LiveIgnition());
}

function addKeyfiles(image: LiveImage, making: Making, keyfiles: readonly NamedFile[]): void {
  for (const keyfile of keyfiles) {
    if (!making.features.liveNetwork) throw new Refusal(image.name, noNetworkSupport);
    const data = making.world.read(keyfile);
    const path = liveKeyfilePath(keyfile.name);
    if (making.files.has(path)) {
      throw new Refusal(keyfile.path, `config already specifies keyfile ${keyfile.name}`);
    }
    making.files.set(path, data);
  }
}

/**
 * The installed system's config, or undefined. A single config stays as it is; several, or one with
 * certificates, are merged into a new one.
 */
function destinationOf(
  configs: readonly string[],
  authorities: readonly Uint8Array[],
): Uint8Array | undefined {
  const [only, ...others] = configs;
  if (only === undefined) return undefined;
  if (others.length === 0 && authorities.length === 0) return Buffer.from(`${only}\n`);
  const destination = new LiveIgnition();
  for (const data of authorities) destination.addAuthority(data);
  for (const config of configs) destination.merge(config);
  return destination.toBytes();
}

/** Adds the installer's settings from the options, after all files of the user. */
function addInstallation(
  image: LiveImage,
  making: Making,
  customization: Customization,
  destination: Uint8Array | undefined,
): void {
  const { destinationDevice, destinationConsoles, destinationArguments } = customization;
  const hasSettings =
    destination !== undefined ||
    destinationDevice !== undefined ||
    destinationConsoles.length > 0 ||
    destinationArguments.append.length > 0 ||
    destinationArguments.delete.length > 0;
  if (destination !== undefined) liveOf(making).addFile(destinationPath, destination, 0o600);
  if (!hasSettings && making.installerConfigCount === 0) return;
  making.world.notice(
    destinationDevice === undefined
      ? "Boot media will automatically run installer."
      : `Boot media will automatically install to ${destinationDevice} without confirmation.`,
  );
  const copyNetwork = customization.networkKeyfiles.length > 0;
  if (!hasSettings && !copyNetwork) return;
  const settings = writeInstallerConfig({
    ...(destination !== undefined && { ignitionFile: destinationPath }),
    consoles: destinationConsoles,
    appendedKernelArguments: destinationArguments.append,
    deletedKernelArguments: destinationArguments.delete,
    copyNetwork,
    ...(destinationDevice !== undefined && { device: destinationDevice }),
  });
  addInstallerConfig(image, making, "customize.yaml", Buffer.from(settings));
}

function addInstallerConfig(
  image: LiveImage,
  making: Making,
  name: string,
  data: Uint8Array,
): void {
  if (!making.features.installerConfig) {
    const message = "This OS image does not support customizing installer configuration.";
    throw new Refusal(image.name, message);
  }
  const number = String(making.installerConfigCount).padStart(4, "0");
  liveOf(making).addFile(`${installerFolder}/${number}-${name}`, data, 0o600);
  making.installerConfigCount += 1;
}

function ignitionOf(file: NamedFile, world: CustomizeWorld): string {
  const data = world.read(file);
  const { json, warnings } = blamingFile(file, "Ignition config", () => readIgnition(data));
  for (const warning of warnings) world.notice(`Warning parsing ${file.path}: ${warning}`);
  return json;
}

function blamingFile<Result>(file: NamedFile, what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const context = `parsing ${what} ${file.path}`;
    throw new Refusal(file.path, error.message, [context, ...error.reference]);
  }
}

function duplicatesRefused<Result>(name: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof DuplicateError) throw new Refusal(name, error.message);
    throw error;
  }
}
