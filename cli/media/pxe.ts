/** Makes the files that boot a device's installer from the network. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  appendixName,
  initrdAppendix,
  ipxeScript,
  liveArguments,
  liveParts,
  type LiveParts,
} from "../../edge/installer/pxe.ts";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { edgeDeviceOf } from "./device-image.ts";
import { installationOf, installMethod } from "../../edge/installer/installation.ts";
import { atPath, OperationError } from "../../fleet/files/operation-error.ts";
import { pxePaths } from "../../edge/output-paths.ts";
import type { Architecture } from "../../fleet/model/device.ts";
import { loadProject } from "../project/project.ts";
import { findDevice } from "../project/device-selection.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { saveChangedLock } from "../project/synthesis.ts";
import { claimFiles } from "../../fleet/files/output-folder.ts";

export interface PxeFiles {
  readonly device: string;
  /** The folder of the files, relative to the current folder. */
  readonly folder: string;
  readonly files: readonly string[];
  /** The kernel's arguments, in one line. */
  readonly kernelArguments: string;
  /** Fedora's files, which are loaded together with ours. */
  readonly live: LiveParts;
}

/**
 * Writes `dist/edge/<device>/pxe/`, with mode 0600: the initrd contains the device's private keys.
 *
 * @throws InputError if there is no such device
 */
export async function makePxe(
  fleetFile: string,
  deviceName: string,
  session: Session,
): Promise<PxeFiles> {
  const project = await loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, deviceName);
  const { url } = project.fleet.pins.coreos.iso[device.profile.architecture];
  const live = liveParts(url);
  if (live === undefined) {
    throw new OperationError(
      `the lock pins the live ISO ${url}, whose name doesn't end in -live-iso.ARCHITECTURE.iso: ` +
        "kernel, initrd and root file system can't be found beside it. Pin one of Fedora's: " +
        "flotilla pin",
    );
  }
  requirePinned(url, device.profile.architecture, project.fleet.pins.coreos.release);
  saveChangedLock(project, session);
  const kernelArguments = liveArguments(live);
  const edge = edgeDeviceOf(project, device);
  const appendix = initrdAppendix(installationOf(edge), installMethod(edge.coreosRelease));
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    [appendixName, appendix],
    ["boot.ipxe", ipxeScript(device.name, live)],
    ["kernel-arguments.txt", `${kernelArguments}\n`],
  ];
  const folder = join(project.outputFolder, "edge", device.name, "pxe");
  claimFiles(join(project.outputFolder, "edge"), pxePaths(device.name));
  atPath(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [name, content] of files) writeFileAtomically(join(folder, name), content, 0o600);
  });
  return {
    device: device.name,
    folder: shownPath(folder),
    files: files.map(([name]) => name),
    kernelArguments,
    live,
  };
}

/** Kernel, initrd and root file system lie beside the ISO, so its name says what they are. */
function requirePinned(url: string, architecture: Architecture, release: string): void {
  const name = url.slice(url.lastIndexOf("/") + 1);
  const expected = `fedora-coreos-${release}-live-iso.${architecture}.iso`;
  if (!/^fedora-coreos-\d/.test(name) || name === expected) return;
  throw new OperationError(
    `the lock pins ${name} for ${architecture} and the release ${release}, which is ${expected}. ` +
      "Pin them again: flotilla pin",
  );
}
