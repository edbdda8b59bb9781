/** What an image's embed area holds for an installation, and what an image installs. */
import { parseDocument } from "yaml";
import type { Files } from "../formats/cpio.ts";
import { fileInConfig, pathsInConfig } from "../iso/contents.ts";
import { embeddedIgnition, ignitionPath } from "../iso/ignition.ts";
import type { Image } from "../iso/image.ts";
import { destinationPath } from "../iso/install-hooks.ts";
import { liveKeyfilePath } from "../iso/live-keyfiles.ts";
import { installerFolder } from "../iso/installer-config.ts";
import type { Installation, InstallMethod } from "./installation.ts";
import { liveInstall } from "./live-install.ts";
import { nestedInstall, nestedPath } from "./nested-install.ts";

/** The files of the embed area, and of an appendix to a live initrd. */
export function installFiles(installation: Installation, method: InstallMethod): Files {
  const ignition =
    method === "installer.d"
      ? liveInstall(installation)
      : Buffer.from(nestedInstall(installation).ignition);
  const keyfiles = [...installation.keyfiles].map(
    ([name, text]) => [liveKeyfilePath(name), Buffer.from(text)] as const,
  );
  return new Map<string, Uint8Array>([[ignitionPath, ignition], ...keyfiles]);
}

export interface EmbeddedInstall {
  readonly method: InstallMethod;
  /** The live system's configuration. */
  readonly ignition: Uint8Array;
  /** The device's configuration in it. */
  readonly device: Uint8Array;
  /** The disk that is erased; undefined for `nested`, where a unit names it. */
  readonly disk: string | undefined;
}

/** What the image installs, or undefined if it holds no device. */
export function embeddedInstall(image: Image): EmbeddedInstall | undefined {
  const ignition = embeddedIgnition(image);
  if (ignition === undefined) return undefined;
  const settings = pathsInConfig(ignition).findLast((path) => path.startsWith(installerFolder));
  if (settings === undefined) {
    const device = fileInConfig(ignition, nestedPath);
    return device && { method: "nested", ignition, device, disk: undefined };
  }
  const device = fileInConfig(ignition, destinationPath);
  if (device === undefined) return undefined;
  const text = Buffer.from(fileInConfig(ignition, settings) ?? []).toString("utf8");
  const disk: unknown = parseDocument(text).get("dest-device");
  const isText = typeof disk === "string";
  return { method: "installer.d", ignition, device, disk: isText ? disk : undefined };
}
