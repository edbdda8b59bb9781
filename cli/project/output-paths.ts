/** Where commands put files into the folder of the devices, beside those of the synthesis. */

/** The image of a device. */
export function imagePath(device: string): string {
  return `${device}/${device}.iso`;
}

/** The files with which a device boots from the network. */
export function pxePaths(device: string): readonly string[] {
  const names = ["config.img", "boot.ipxe", "kernel-arguments.txt"];
  return names.map((name) => `${device}/pxe/${name}`);
}
