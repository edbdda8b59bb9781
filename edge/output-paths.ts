/** The files that commands put into the folder of the devices, beside those of the synthesis. */

/** The image of a device. */
export function imagePath(device: string): string {
  return `${device}/${device}.iso`;
}

/** The files with which a device boots from the network. */
export function pxePaths(device: string): readonly string[] {
  const names = ["config.img", "boot.ipxe", "kernel-arguments.txt"];
  return names.map((name) => `${device}/pxe/${name}`);
}

/** Says whether a path is one of these files, for a synthesis of the devices, which must keep them. */
export function mediaOf(devices: Iterable<{ readonly name: string }>): (path: string) => boolean {
  const paths = new Set<string>();
  for (const { name } of devices) {
    for (const path of [imagePath(name), ...pxePaths(name)]) paths.add(path);
  }
  return (path) => paths.has(path);
}
