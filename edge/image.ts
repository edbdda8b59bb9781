/**
 * The image that installs a device: a live ISO of Fedora CoreOS with the device's configuration in
 * its embed area. Only the small parts of the ISO that matter are read, and nothing is written: the
 * caller copies the ISO and applies the patches.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { showType } from "../fleet/grammar/check.ts";
import { InputError } from "../fleet/grammar/mistakes.ts";
import { isMapping } from "../fleet/model/values.ts";
import { misfit } from "./base-fit.ts";
import { EdgeDevice } from "./device.ts";
import type { ByteSource, Patch } from "./formats/bytes.ts";
import { embeddedInstall, installFiles } from "./installer/embedded-install.ts";
import { installBase } from "./installer/install-base.ts";
import { installationOf } from "./installer/installation.ts";
import { areaFiles, areaPatch } from "./iso/area.ts";
import { readFeatures } from "./iso/features.ts";
import { openImage, type Image } from "./iso/image.ts";
import { consolePatches, consolesOf } from "./iso/live-console.ts";
import { patchedSource } from "./iso/patched-source.ts";
import { requireProps } from "./props.ts";

export interface EdgeImageProps {
  /** The live ISO, of any release since 2020, as `openImage` opens it. */
  readonly iso: Image;
  /**
   * Replace a configuration that the ISO already holds. An image that Flotilla made is reset first.
   *
   * @default false
   */
  readonly force?: boolean;
}

const schema = z.object({
  iso: z.custom((value) => isMapping(value) && isMapping(value["volume"]), {
    error: ({ input }) => `found ${showType(input)}. Write what openImage returns.`,
  }),
  force: z.boolean().optional(),
});

/** Its scope is the device, or a construct inside it. */
export class EdgeImage extends Construct {
  readonly #iso: Image;
  readonly #force: boolean;

  constructor(scope: Construct, id: string, props: EdgeImageProps) {
    super(scope, id);
    requireProps(this, props, schema);
    this.#iso = props.iso;
    this.#force = props.force ?? false;
  }

  /**
   * What to write into a copy of the ISO so that it installs the device. An ISO that reads
   * `installer.d` gets files there; an older one gets the nested configuration.
   *
   * @throws InputError if the ISO is damaged, too small, for another architecture, or already holds a
   *   configuration
   * @throws Error with all mistakes of the device
   */
  patches(): readonly Patch[] {
    const device = EdgeDevice.of(this);
    // Which releases are accepted is for the caller to say.
    const message = misfit(this.#iso, device, true);
    if (message !== undefined) throw new InputError([{ file: this.#iso.name, message }]);
    const base = installBase(this.#iso, this.#force);
    const { iso } = base;
    const method = readFeatures(iso).installerConfig ? "installer.d" : "nested";
    const installation = installationOf(device);
    const patches = base.with([
      areaPatch(iso, new Map([...areaFiles(iso), ...installFiles(installation, method)])),
      ...consolePatches(iso, consolesOf([installation])),
    ]);
    // The image is read as the installer will read it.
    const patched = openImage(iso.name, patchedSource(this.#iso.volume.source, patches));
    const found = embeddedInstall(patched)?.device;
    if (found === undefined || !Buffer.from(installation.ignition).equals(found)) {
      throw new Error(`${this.node.path}: the image has another configuration than the device.`);
    }
    return patches;
  }

  /** The whole image as a source of bytes. */
  toSource(): ByteSource {
    return patchedSource(this.#iso.volume.source, this.patches());
  }
}
