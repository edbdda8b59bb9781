/**
 * The root of a tree of devices, as `App` is in cdk8s: `new EdgeApp()`, an EdgeDevice in it for each
 * device with its parts, and `synth()`.
 */
import { RootConstruct } from "constructs";
import { writeTree, type TreeChanges } from "../fleet/files/output-folder.ts";
import { EdgeDevice } from "./device.ts";
import { installationOf, installMethod } from "./installer/installation.ts";
import { installerSettings } from "./installer/live-install.ts";
import { nestedInstall } from "./installer/nested-install.ts";
import { mediaOf } from "./output-paths.ts";

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

export class EdgeApp extends RootConstruct {
  readonly outdir: string;

  constructor(props: EdgeAppProps = {}) {
    super();
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
