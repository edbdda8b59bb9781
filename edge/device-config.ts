/** The Butane configuration of what parts add to a device, in an order that does not depend on theirs. */
import { byName, byPath } from "./additions.ts";
import type {
  ButaneBootDevice,
  ButaneConfig,
  ButaneDirectory,
  ButaneDisk,
  ButaneFile,
  ButaneFilesystem,
  ButaneIgnition,
  ButaneLink,
  ButaneProxy,
  ButaneUnit,
  ButaneUser,
} from "./butane/config.ts";
import { replacing } from "./replacing-file.ts";

/** Butane fcos 1.5.0 becomes Ignition 3.4.0, which Fedora CoreOS reads since early 2023. */
export const butaneVersion = "1.5.0";

export interface PartAdditions {
  readonly bootDevice: ButaneBootDevice | undefined;
  readonly proxy: ButaneProxy | undefined;
  /** PEM texts. */
  readonly authorities: readonly string[];
  readonly disks: readonly ButaneDisk[];
  readonly filesystems: readonly ButaneFilesystem[];
  readonly directories: readonly ButaneDirectory[];
  readonly files: readonly ButaneFile[];
  readonly links: readonly ButaneLink[];
  readonly units: readonly ButaneUnit[];
  readonly users: readonly ButaneUser[];
}

/** The configuration without a device's snippets. */
export function composeParts(added: PartAdditions): ButaneConfig {
  const { bootDevice, disks, filesystems } = added;
  const users = added.users.toSorted(byName);
  const volumes = disks.length + filesystems.length;
  const directories = added.directories.toSorted(byPath);
  const files = added.files.toSorted(byPath).map(replacing);
  const links = added.links.toSorted(byPath);
  const units = added.units.toSorted(byName);
  const ignition = downloadsOf(added);
  return {
    variant: "fcos",
    version: butaneVersion,
    ...(ignition !== undefined && { ignition }),
    ...(bootDevice !== undefined && { boot_device: bootDevice }),
    ...(users.length > 0 && { passwd: { users } }),
    ...(volumes + directories.length + files.length + links.length > 0 && {
      storage: {
        ...(disks.length > 0 && { disks }),
        ...(filesystems.length > 0 && { filesystems }),
        ...(directories.length > 0 && { directories }),
        ...(files.length > 0 && { files }),
        ...(links.length > 0 && { links }),
      },
    }),
    ...(units.length > 0 && { systemd: { units } }),
  };
}

/** What Ignition needs for its own downloads. */
function downloadsOf({ proxy, authorities }: PartAdditions): ButaneIgnition | undefined {
  if (proxy === undefined && authorities.length === 0) return undefined;
  return {
    ...(proxy !== undefined && { proxy }),
    ...(authorities.length > 0 && {
      security: {
        tls: { certificate_authorities: authorities.map((inline) => ({ inline })) },
      },
    }),
  };
}
