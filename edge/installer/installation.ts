/** How a device gets onto its disk: what the installer needs to know, and by which method. */
import type { EdgeDevice } from "../device.ts";
import type { InstallDisk } from "../../fleet/model/disk.ts";
import { installedArguments } from "../first-boot-network.ts";

export interface Installation {
  /** The device's name. */
  readonly name: string;
  /** Its name and its fleet's, for people. */
  readonly title: string;
  /** What is erased: a block device, `/dev/nvme0n1`; what it is chosen by; or the disks of a mirror. */
  readonly disk: InstallDisk;
  /** A disk that is not erased. @default none */
  readonly dataDisk?: string;
  /** The same disk, if what is on it is kept: a file system without a partition is refused. @default none */
  readonly keptDisk?: string;
  /** The label of a partition that is kept. @default none */
  readonly keptPartition?: string;
  /** Appended to the installed system's kernel command line. */
  readonly kernelArguments: readonly string[];
  /** Keyfiles of NetworkManager, by name, for the live system and the first boot's initramfs. */
  readonly keyfiles: ReadonlyMap<string, string>;
  /** The device's own Ignition configuration, with its secrets. */
  readonly ignition: string;
}

/** @throws Error with all mistakes of the device */
export function installationOf(device: EdgeDevice): Installation {
  const { name, title, disk, installerKeyfiles: keyfiles } = device;
  const ignition = device.toIgnition();
  const { disk: dataDisk, isKept = false, partitionLabel } = device.keptData;
  return {
    name,
    title,
    disk,
    ...(dataDisk !== undefined && { dataDisk }),
    ...(dataDisk !== undefined && isKept && { keptDisk: dataDisk }),
    ...(partitionLabel !== undefined && { keptPartition: partitionLabel }),
    kernelArguments: installedArguments(device),
    keyfiles,
    ignition,
  };
}

/**
 * `installer.d`: the live system reads files in `/etc/coreos/installer.d` and installs by itself.
 * `nested`: a live Ignition configuration with the device's one inside runs the installer.
 */
export type InstallMethod = "installer.d" | "nested";

/** A development build of this day is the first one that is known to read `installer.d`. */
const firstInstallerDate = "20211216";

/**
 * The method for the live ISO of a release (`44.20260621.3.1`), by the date in its version. With the
 * ISO given, its own features decide: see EdgeImage.
 */
export function installMethod(release: string | undefined): InstallMethod {
  const [, date] = /^\d+\.(\d{8})\./.exec(release ?? "") ?? [];
  return date !== undefined && date < firstInstallerDate ? "nested" : "installer.d";
}
