/**
 * A fingerprint of what a device's image would hold, so it is known without any secret whether the
 * image has to be made again.
 */
import { createHmac } from "node:crypto";
import type { EdgeDevice } from "./device.ts";
import { installedArguments } from "./first-boot-network.ts";

/** Enough bits that no two configurations of a fleet have the same, short enough to read. */
const digits = 16;

export interface ImageDigestOptions {
  /** SHA-256 of the ISO that the image is made from. */
  readonly isoSha256: string;
  /** The validity of the device's certificate authorities. */
  readonly certificates: { readonly notBefore: string; readonly notAfter: string };
  readonly digestKey: Uint8Array;
}

/**
 * 16 hexadecimal digits of the HMAC-SHA-256 of the device's Butane, and of everything else that
 * decides what is installed: disk, kernel arguments, Fedora CoreOS, validity of certificates. It is
 * keyed because an operator's own Butane can contain a password, which a plain hash lets guess.
 *
 * @param device whose secrets are empty
 */
export function imageDigest(device: EdgeDevice, options: ImageDigestOptions): string {
  const medium = [device.disk, installedArguments(device), options.isoSha256];
  const text = JSON.stringify([device.toConfig(), medium, options.certificates]);
  return createHmac("sha256", options.digestKey).update(text).digest("hex").slice(0, digits);
}
