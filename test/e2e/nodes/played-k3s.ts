/** What is in place of K3s' binary, in the image of its upgrade and on a device's disk. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const standIns = join(import.meta.dirname, "stand-ins");

/** The release that the upgrade's image has. */
export const upgradeRelease = "v1.36.5+k3s1";

/** The text of the binary, which says its release when it starts. */
export function playedK3s(release: string): string {
  return readFileSync(join(standIns, "k3s.sh"), "utf8").replace("RELEASE", release);
}

/** The image's own script. */
export function upgradeScript(): string {
  return readFileSync(join(standIns, "k3s-upgrade.sh"), "utf8");
}
