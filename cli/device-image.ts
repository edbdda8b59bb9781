/** Makes the image that installs one device of a fleet. */
import { basename, join } from "node:path";
import { embedIgnition, embeddedIgnition } from "../edge/image/ignition.ts";
import { openImage } from "../edge/image/image.ts";
import { synthesizeDevice } from "../edge/synth.ts";
import { deviceSecrets, gatewayPublicKey } from "../fleet/keys.ts";
import { InputError } from "../fleet/mistakes.ts";
import { architectures, type Device } from "../fleet/model.ts";
import { OperationError } from "./failures.ts";
import { requireFile, withSource, writeImage } from "./image.ts";
import { findDevice, loadProject, type Project } from "./project.ts";
import { shownPath, type Session } from "./session.ts";
import { saveChangedLock } from "./synthesis.ts";

export interface DeviceImage {
  readonly device: string;
  /** The image, as a person in the current folder would write it. */
  readonly path: string;
  /** The ISO that it was made from, and what that calls itself. */
  readonly base: string;
  readonly volume: string;
}

export interface DeviceImageOptions {
  /** Path of a Fedora CoreOS live ISO. */
  readonly base?: string;
  /** Replace a config that the base holds already. @default false */
  readonly force?: boolean;
}

/**
 * Writes `dist/edge/<device>/<device>.iso`.
 *
 * @throws InputError where there is no such device, or the base is none
 */
export async function makeImage(
  fleetFile: string,
  deviceName: string,
  options: DeviceImageOptions,
  session: Session,
): Promise<DeviceImage> {
  const project = loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, deviceName);
  const { base } = options;
  if (base === undefined) throw howToGetBase(project, device);
  requireFile(base);
  requireArchitecture(base, device);
  saveChangedLock(project, session);
  const config = installConfig(project, device);
  const { volume, patches } = withSource(base, (source) => {
    const image = openImage(base, source);
    const force = options.force ?? false;
    return { volume: image.volumeIdentifier, patches: embedIgnition(image, config, { force }) };
  });
  const output = join(project.outputFolder, "edge", device.name, `${device.name}.iso`);
  writeImage(base, output, patches, (source) => {
    const written = embeddedIgnition(openImage(output, source));
    if (written === undefined || !Buffer.from(written).equals(config)) {
      throw new Error(`the image reads back another config than was written: ${output}`);
    }
  });
  return { device: device.name, path: shownPath(output), base, volume };
}

/** The Ignition config that the live system runs: it installs the device. */
function installConfig({ fleet, key }: Project, device: Device): Buffer {
  const secrets = deviceSecrets(fleet, device, key);
  const tree = synthesizeDevice(fleet, device, gatewayPublicKey(fleet, key), secrets);
  const config = tree.get("install.ign");
  if (config === undefined) throw new Error("the synthesis of a device made no install.ign");
  return Buffer.from(config);
}

/** Says which ISO the fleet is pinned to; getting it is up to the user. */
function howToGetBase({ fleet }: Project, device: Device): OperationError {
  const { architecture } = device.profile;
  const { url, sha256 } = fleet.pins.coreos.iso[architecture];
  const file = basename(url);
  const message = [
    `an image needs a Fedora CoreOS live ISO to start from. ${device.name} is ${architecture}; get`,
    `  ${url}`,
    `  sha256 ${sha256}`,
    "for example with",
    `  curl -fLO ${url} && echo "${sha256}  ${file}" | sha256sum -c`,
    "and name it:",
    `  make iso DEVICE=${device.name} BASE=${file}`,
    `  flotilla image ${device.name} --base ${file}`,
  ].join("\n");
  return new OperationError(message);
}

/**
 * Refuses a base that was made for another architecture, which nothing but the name that Fedora
 * gives its downloads tells: `fedora-coreos-<release>-live-iso.<architecture>.iso`.
 */
function requireArchitecture(base: string, device: Device): void {
  const [, found] = /^fedora-coreos-.*[.-]([a-z0-9_]+)\.iso$/.exec(basename(base)) ?? [];
  const known: readonly string[] = [...architectures, "ppc64le", "s390x"];
  const { architecture, name } = device.profile;
  if (found === undefined || !known.includes(found) || found === architecture) return;
  const message =
    `this ISO is for ${found}, and ${device.name} (profile ${name}) is ${architecture}. ` +
    `Give the one whose name ends in ${architecture}.iso`;
  throw new InputError([{ file: base, message }]);
}
