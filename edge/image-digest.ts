/**
 * A fingerprint of what a device's image would hold, so that it can be told without any secret
 * whether an image has to be made anew.
 */
import { createHmac } from "node:crypto";
import { authorityFiles } from "../fleet/keys/authorities.ts";
import type { Device, DeviceSecrets, Fleet } from "../fleet/model/fleet.ts";
import { deviceConfig } from "./device.ts";

/** Bits enough that no two configurations of a fleet meet by chance, short enough to read. */
const digits = 16;

/**
 * The real ones follow from the root key, which the lock pins, and from what goes into the digest:
 * the fleet's name, the device's, its generation and the validity of certificates.
 */
const placeholders: DeviceSecrets = {
  wireguardPrivateKey: "",
  k3sToken: "",
  authorities: new Map(authorityFiles.map((name) => [name, ""])),
};

/**
 * 16 hexadecimal digits of the HMAC-SHA-256 of the device's Butane without its secrets, and of all
 * else that decides what is installed: disk, kernel arguments, Fedora CoreOS, certificates' validity.
 * It is keyed because an operator's own Butane may hold a password that a plain hash would let guess.
 *
 * @param gatewayPublicKeys WireGuard public keys of the gateways in base64, by number
 * @param digestKey see imageDigestKey in fleet/keys/root-key.ts
 * @throws InputError where a snippet of the device is no Butane
 */
export function imageDigest(
  fleet: Fleet,
  device: Device,
  gatewayPublicKeys: ReadonlyMap<number, string>,
  digestKey: Uint8Array,
): string {
  const config = deviceConfig({ fleet, device, gatewayPublicKeys, secrets: placeholders });
  const { disk, kernelArguments } = device.profile;
  const { iso } = fleet.pins.coreos;
  const medium = [disk, kernelArguments, iso[device.profile.architecture].sha256];
  const text = JSON.stringify([config, medium, fleet.certificates]);
  return createHmac("sha256", digestKey).update(text).digest("hex").slice(0, digits);
}

/** The digest of every device's image, by the device's name. */
export function imageDigests(
  fleet: Fleet,
  gatewayPublicKeys: ReadonlyMap<number, string>,
  digestKey: Uint8Array,
): ReadonlyMap<string, string> {
  return new Map(
    fleet.devices.map((device) => {
      return [device.name, imageDigest(fleet, device, gatewayPublicKeys, digestKey)];
    }),
  );
}
