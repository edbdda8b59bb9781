/**
 * The root of a tree of devices, as `App` is in cdk8s: `new EdgeApp()`, an EdgeDevice in it for each
 * device with its parts, and `synth()`.
 */
import { RootConstruct } from "constructs";
import { z } from "zod";
import { writeTree, type TreeChanges } from "../fleet/files/output-folder.ts";
import { DeviceError } from "./additions.ts";
import { EdgeDevice } from "./device.ts";
import { requireOwnName } from "./device-names.ts";
import { installationOf, installMethod } from "./installer/installation.ts";
import { installerSettings } from "./installer/live-install.ts";
import { nestedInstall } from "./installer/nested-install.ts";
import { mediaOf } from "./output-paths.ts";
import { requireProps } from "./props.ts";

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

const schema = z.object({
  outdir: z.string().min(1, { error: "this is empty. Write a folder, or omit it." }).optional(),
});

export class EdgeApp extends RootConstruct {
  readonly outdir: string;

  constructor(props: EdgeAppProps = {}) {
    super();
    requireProps(this, props, schema);
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
    const { devices } = this;
    for (const device of devices) requireOwnName(device, device.name);
    for (const device of devices) {
      for (const [file, text] of deviceFiles(device)) {
        yield { path: `${device.name}/${file}`, text, mode: 0o600 };
      }
    }
  }

  /**
   * Writes the files of every device to `outdir`, and removes what an earlier run wrote there; the
   * images of the devices stay.
   *
   * @throws Error with all mistakes of all devices; then nothing is written
   */
  synth(): TreeChanges {
    requireValid(this.devices);
    const options = { mode: 0o600, keeps: mediaOf(this.devices) };
    return writeTree(this.outdir, writable(this.files()), options);
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

/** @throws DeviceError with all mistakes of all devices; InputError if two have one name */
function requireValid(devices: readonly EdgeDevice[]): void {
  for (const device of devices) requireOwnName(device, device.name);
  const errors = devices.flatMap((device) => {
    try {
      device.toIgnition();
      return [];
    } catch (error) {
      if (error instanceof DeviceError) return [error];
      throw error;
    }
  });
  const [first, second] = errors;
  if (first === undefined) return;
  if (second === undefined) throw first;
  throw new DeviceError(
    errors.map(({ message }) => message).join("\n"),
    errors.flatMap(({ additions }) => additions),
  );
}

function* writable(files: Iterable<EdgeFile>): Generator<readonly [string, string]> {
  for (const { path, text } of files) yield [path, text];
}
