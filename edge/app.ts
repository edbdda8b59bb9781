/**
 * The root of a tree of devices, as `App` is in cdk8s: `new EdgeApp()`, an EdgeDevice in it for each
 * device with its parts, and `synth()`.
 */
import { Construct } from "constructs";
import { writeTree, type TreeChanges } from "../fleet/files/output-folder.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { EdgeDevice } from "./device.ts";
import { fleetDevice, requireValidSnippets, type GatewayPublicKeys } from "./fleet-devices.ts";
import { installationOf, installMethod } from "./installer/installation.ts";
import { installerSettings } from "./installer/live-install.ts";
import { nestedInstall } from "./installer/nested-install.ts";
import { mediaOf } from "./output-paths.ts";
import type { Device } from "../fleet/model/device.ts";
import type { DeviceSecrets } from "../fleet/model/secrets.ts";

export interface EdgeAppProps {
  /** The folder that `synth` writes to. @default "dist/edge" */
  readonly outdir?: string;
}

/** A file of a device. */
export interface EdgeFile {
  /** A relative POSIX path: the device's name, and the file's. */
  readonly path: string;
  readonly text: string;
  /** Permission bits: the device's files contain its private keys. */
  readonly mode: 0o600;
}

export class EdgeApp extends Construct {
  readonly outdir: string;

  constructor(props: EdgeAppProps = {}) {
    super(undefined as never, "");
    this.outdir = props.outdir ?? "dist/edge";
  }

  get devices(): readonly EdgeDevice[] {
    return this.node.findAll().filter((each) => each instanceof EdgeDevice);
  }

  /**
   * The files of every device, one device after the other. Nothing is written.
   *
   * @throws Error with all mistakes of a device
   */
  *files(): Generator<EdgeFile> {
    for (const device of this.devices) {
      for (const [file, text] of deviceFiles(device)) {
        yield { path: `${device.name}/${file}`, text, mode: 0o600 };
      }
    }
  }

  /**
   * Writes the files of every device to `outdir`, and removes what an earlier run wrote there; the
   * images of the devices stay.
   */
  synth(): TreeChanges {
    const options = { mode: 0o600, keeps: mediaOf(this.devices) };
    return writeTree(this.outdir, writable(this.files()), options);
  }
}

/** One device at a time, so the images of a large fleet are never in memory together. */
export function* fleetFiles(
  fleet: Fleet,
  gatewayPublicKeys: GatewayPublicKeys,
  secretsOf: (device: Device) => DeviceSecrets,
): Generator<EdgeFile> {
  requireValidSnippets(fleet);
  for (const device of fleet.devices) {
    const app = new EdgeApp();
    fleetDevice(app, fleet, device, gatewayPublicKeys, secretsOf(device));
    yield* app.files();
  }
}

/**
 * The texts of a device's files, by their path in its folder: its own configuration, and what its
 * installer gets. Images are made of the same, see image.ts.
 *
 * @throws Error with all mistakes of the device
 */
export function deviceFiles(device: EdgeDevice): (readonly [path: string, text: string])[] {
  const installation = installationOf(device);
  const files: (readonly [string, string])[] = [
    ["device.bu", device.toButane()],
    ["device.ign", installation.ignition],
  ];
  if (installMethod(device.coreosRelease) === "installer.d") {
    return [...files, ["installer.yaml", installerSettings(installation)]];
  }
  const { butane, ignition } = nestedInstall(installation);
  return [...files, ["install.bu", butane], ["install.ign", ignition]];
}

function* writable(files: Iterable<EdgeFile>): Generator<readonly [string, string]> {
  for (const { path, text } of files) yield [path, text];
}
