/** Makes the files that boot the installer of a device, or of a site's devices, from the network. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { installFiles } from "../../edge/installer/embedded-install.ts";
import { installationOf, installMethod } from "../../edge/installer/installation.ts";
import {
  initrdAppendix,
  ipxeScript,
  liveArguments,
  liveParts,
  type LiveParts,
} from "../../edge/installer/pxe.ts";
import { siteInstallFiles, type SiteMember } from "../../edge/installer/site-install.ts";
import { consolesOf } from "../../edge/iso/live-console.ts";
import { pxeFileNames, pxeFolder, siteBoot, sitePxeFolder } from "../../edge/output-paths.ts";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { atPath, OperationError } from "../../fleet/files/operation-error.ts";
import { claimFiles } from "../../fleet/files/output-folder.ts";
import type { Architecture } from "../../fleet/model/device.ts";
import { findDevice } from "../project/device-selection.ts";
import { loadProject, type Project } from "../project/project.ts";
import { saveChangedLock } from "../project/synthesis.ts";
import { count, shownPath, type Session } from "../terminal/session.ts";
import { checkedDevices } from "./checked-devices.ts";
import {
  contentsOf,
  membersOf,
  siteGroups,
  type SiteContents,
  type SiteFilter,
} from "./site-group.ts";
import { recordMedium } from "../project/site-record.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export interface PxeFiles {
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
): Promise<PxeFiles & { readonly device: string }> {
  const project = await loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, deviceName);
  const edgeDeviceOf = await checkedDevices(project, session);
  const live = pinnedParts(project, device.profile.architecture);
  const edge = edgeDeviceOf(device);
  const installation = installationOf(edge);
  const boot = {
    folder: pxeFolder(device.name),
    what: `Installs ${device.name}: erases its disk without asking.`,
    appendix: initrdAppendix(installFiles(installation, installMethod(edge.coreosRelease))),
    live,
    consoles: consolesOf([installation]),
  };
  saveChangedLock(project, session);
  return { device: device.name, ...writeBoot(project, boot) };
}

/**
 * Writes `dist/edge/_sites/<site>/pxe-<architecture>/` for each architecture of the devices.
 *
 * @throws InputError if the site is unknown, or has none of the devices
 */
export async function makeSitePxe(
  fleetFile: string,
  filter: SiteFilter,
  session: Session,
): Promise<readonly (PxeFiles & SiteContents)[]> {
  const project = await loadProject(fleetFile, session);
  const groups = siteGroups(project, fleetFile, filter);
  const edgeDeviceOf = await checkedDevices(project, session);
  const { release } = project.fleet.pins.coreos;
  if (installMethod(release) === "nested") {
    throw new OperationError(
      `the lock pins Fedora CoreOS ${release}, which is older than December 2021 and installs one ` +
        `device only. Pin a newer one (${flotillaCommand("pin")}), or name one device`,
    );
  }
  const boots = groups.map((group) => ({
    group,
    folder: sitePxeFolder(group.site, group.architecture),
    what:
      `Installs any of ${count(group.devices.length, "device")} of ${group.site}: erases the disk ` +
      "of a machine that it recognizes. If the machine is installed already, it asks first.",
    ...siteBootOf(membersOf(edgeDeviceOf, group)),
    live: pinnedParts(project, group.architecture),
  }));
  saveChangedLock(project, session);
  const folders: (PxeFiles & SiteContents)[] = [];
  for (const { group, ...boot } of boots) {
    folders.push({ ...contentsOf(group), ...writeBoot(project, boot) });
    await recordMedium(project, group, siteBoot(group.site, group.architecture));
  }
  return folders;
}

function siteBootOf(members: readonly SiteMember[]): Pick<Boot, "appendix" | "consoles"> {
  return {
    appendix: initrdAppendix(siteInstallFiles(members)),
    consoles: consolesOf(members.map(({ installation }) => installation)),
  };
}

interface Boot {
  /** Relative to the folder of the devices. */
  readonly folder: string;
  /** What the script does, for people. */
  readonly what: string;
  readonly appendix: Uint8Array;
  readonly live: LiveParts;
  /** The consoles of the devices, for the live system. */
  readonly consoles: readonly string[];
}

function writeBoot(
  project: Project,
  { folder: path, what, appendix, live, consoles }: Boot,
): PxeFiles {
  const kernelArguments = liveArguments(live, consoles);
  const contents: Readonly<Record<(typeof pxeFileNames)[number], string | Uint8Array>> = {
    "config.img": appendix,
    "boot.ipxe": ipxeScript(what, live, kernelArguments),
    "kernel-arguments.txt": `${kernelArguments}\n`,
  };
  const devices = join(project.outputFolder, "edge");
  claimFiles(
    devices,
    pxeFileNames.map((name) => `${path}/${name}`),
  );
  const folder = join(devices, path);
  atPath(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of pxeFileNames) writeFileAtomically(join(folder, name), contents[name], 0o600);
  });
  return { folder: shownPath(folder), files: pxeFileNames, kernelArguments, live };
}

/** Fedora's files, which are beside the live ISO in the lock. */
function pinnedParts({ fleet }: Project, architecture: Architecture): LiveParts {
  const { iso, release } = fleet.pins.coreos;
  const { url } = iso[architecture];
  const live = liveParts(url);
  if (live === undefined) {
    throw new OperationError(
      `the lock pins the live ISO ${url}, whose name doesn't end in -live-iso.ARCHITECTURE.iso: ` +
        "kernel, initrd and root file system can't be found beside it. Pin one of Fedora's: " +
        flotillaCommand("pin"),
    );
  }
  requirePinned(url, architecture, release);
  return live;
}

/** Kernel, initrd and root file system are beside the ISO, and their names follow from its name. */
function requirePinned(url: string, architecture: Architecture, release: string): void {
  const name = url.slice(url.lastIndexOf("/") + 1);
  const expected = `fedora-coreos-${release}-live-iso.${architecture}.iso`;
  if (!/^fedora-coreos-\d/.test(name) || name === expected) return;
  throw new OperationError(
    `the lock pins ${name} for ${architecture} and the release ${release}, which is ${expected}. ` +
      `Pin them again: ${flotillaCommand("pin")}`,
  );
}
