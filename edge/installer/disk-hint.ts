/** What the script in the live system reads to choose a disk. */
import { disksOf, type DiskHint, type InstallDisk } from "../../fleet/model/disk.ts";

/** The disk that the installer writes to; undefined if the live system chooses it. */
export function knownDisk(disk: InstallDisk): string | undefined {
  return disksOf(disk)[0];
}

/** With regular expressions in place of patterns; undefined if the disk is known. */
export function diskHint(disk: InstallDisk): DiskHint | undefined {
  if (typeof disk === "string" || "mirror" in disk) return undefined;
  const { model, serial, path } = disk;
  return {
    ...disk,
    ...(model !== undefined && { model: expression(model) }),
    ...(serial !== undefined && { serial: expression(serial) }),
    ...(path !== undefined && { path: expression(path) }),
  };
}

/** udev writes an underscore where a model has a space. No backslash, which shells read differently. */
function expression(pattern: string): string {
  return [...pattern]
    .map((character) => {
      if (character === "*") return ".*";
      if (character === "?") return ".";
      if (/[ _]/.test(character)) return "[ _]+";
      return /[A-Za-z0-9]/.test(character) ? character : `[${character}]`;
    })
    .join("");
}
