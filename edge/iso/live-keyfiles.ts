/**
 * Keyfiles of NetworkManager in the embed area: the live system's initramfs uses them in place of its
 * kernel arguments (`coreos-installer iso network embed`, `pxe network wrap`).
 */
export const liveKeyfileFolder = "etc/coreos-firstboot-network/";

/** The path in the embed area of a keyfile of this name. */
export function liveKeyfilePath(name: string): string {
  return `${liveKeyfileFolder}${name}`;
}
