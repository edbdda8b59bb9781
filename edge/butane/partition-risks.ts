/** Partitions that cause problems later: a root that cannot grow, numbers that the image uses. */
import { objectOf, objectsOf } from "./checks.ts";
import type { JsonObject } from "./json.ts";
import type { Path } from "./node.ts";
import { since, type Version } from "./versions.ts";

type Note = (path: Path, message: string) => void;

const rootSizeMinMiB = 8_192;

/** The partition numbers that the image uses. */
const numberOfLabel: ReadonlyMap<unknown, number> = new Map([
  ["BIOS-BOOT", 1],
  ["PowerPC-PReP-boot", 1],
  ["EFI-SYSTEM", 2],
  ["boot", 3],
  ["root", 4],
]);

/** Paths are in Ignition's names. */
export function findPartitionRisks(output: JsonObject, version: Version, note: Note): void {
  objectsOf(objectOf(output, "storage"), "disks").forEach((disk, diskIndex) => {
    const partitions = objectsOf(disk, "partitions");
    partitions.forEach(({ label, number, sizeMiB }, index) => {
      const path = ["storage", "disks", diskIndex, "partitions", index];
      if (label === "root" && version.minor >= since.rootSize) {
        if (sizeMiB !== undefined && sizeMiB !== 0) {
          // butane prints this field with Butane's name.
          const mistake = Number(sizeMiB) < rootSizeMinMiB;
          if (mistake) note([...path, "size_mib"], "root should have 8GiB of space assigned");
        } else if (isConstrained(partitions, index)) {
          const reason =
            "it is set to fill available space but is followed by an auto-positioned partition";
          note([...path, "label"], `root partition cannot expand; ${reason}`);
        }
      }
      const expected = numberOfLabel.get(label);
      if (disk["wipeTable"] === true || expected === undefined || number === expected) return;
      const message =
        "incorrect partition number; a new partition will be created using reserved label";
      note([...path, "label"], message);
    });
  });
}

function isConstrained(partitions: readonly JsonObject[], root: number): boolean {
  return partitions.some(
    ({ startMiB }, index) => index !== root && (startMiB === undefined || startMiB === 0),
  );
}
