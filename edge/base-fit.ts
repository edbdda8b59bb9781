/**
 * Whether a live image fits a device: its processor, and its release beside the one that the fleet's
 * lock pins. An older release would install a system that lacks what the device's configuration was
 * made for, and its faults; a later one is what the device would update itself to.
 */
import type { EdgeDevice } from "./device.ts";
import { readIdentity } from "./iso/identity.ts";
import type { Image } from "./iso/image.ts";

/** What is checked. The release is undefined for a device that takes any. */
export type FittedDevice = Pick<EdgeDevice, "name" | "architecture" | "coreosRelease">;

const fedora = "fedora-coreos";

/**
 * Why the image does not fit, and what to do; undefined if it does or does not say what it is.
 *
 * @param allowRelease whether an older release, or another system, is accepted
 */
export function misfit(
  image: Image,
  device: FittedDevice,
  allowRelease: boolean,
): string | undefined {
  const { system, release, architecture } = readIdentity(image);
  if (architecture !== undefined && architecture !== device.architecture) {
    return (
      `this ISO is for ${architecture}, and ${device.name} is ${device.architecture}. ` +
      `Give the one whose name ends in ${device.architecture}.iso`
    );
  }
  const { coreosRelease: pinned } = device;
  if (allowRelease || pinned === undefined || system === undefined || release === undefined) {
    return undefined;
  }
  if (system !== fedora) {
    return (
      `this ISO is ${system} ${release}, and not Fedora CoreOS. ` +
      `Give a live ISO of Fedora CoreOS ${pinned}, or allow this one with --allow-release`
    );
  }
  if (compareReleases(release, pinned) >= 0) return undefined;
  return (
    `this ISO is Fedora CoreOS ${release}, older than the lock's ${pinned}. ` +
    `Give one of ${pinned} or later, or allow this one with --allow-release`
  );
}

/** What a person should know about an image that is used, one sentence each. */
export function baseRemarks(image: Image, device: FittedDevice): readonly string[] {
  const { system, release, architecture } = readIdentity(image);
  const { coreosRelease: pinned } = device;
  const remarks: string[] = [];
  if (architecture === undefined) {
    remarks.push(`it does not say its architecture; ${device.name} is ${device.architecture}`);
  }
  if (pinned === undefined) return remarks;
  if (system === undefined || release === undefined) {
    const volume = JSON.stringify(image.volumeIdentifier);
    remarks.push(
      `it does not say its release (its volume is named ${volume}); the lock pins ${pinned}`,
    );
  } else if (system !== fedora) {
    remarks.push(`it is ${system} ${release}, and the lock pins Fedora CoreOS ${pinned}`);
  } else if (release !== pinned) {
    const order = compareReleases(release, pinned);
    const relation = order > 0 ? "later than" : order < 0 ? "older than" : "not";
    remarks.push(`it is Fedora CoreOS ${release}, ${relation} the lock's ${pinned}`);
  }
  return remarks;
}

/**
 * Negative if `a` is older. A release is Fedora's version, the day, the stream and a revision; of two
 * streams on one day none is older.
 */
function compareReleases(a: string, b: string): number {
  const [majorA, dayA, streamA, ...revisionA] = a.split(".");
  const [majorB, dayB, streamB, ...revisionB] = b.split(".");
  const day = Number(majorA) - Number(majorB) || Number(dayA) - Number(dayB);
  if (day !== 0 || streamA !== streamB) return day;
  return Number(revisionA[0]) - Number(revisionB[0]) || 0;
}
