/** The files that commands put into the folder of the devices, beside those of the synthesis. */
import { architectures, type Architecture } from "../fleet/model/device.ts";

/** The image of a device. */
export function imagePath(device: string): string {
  return `${device}/${device}.iso`;
}

/** No device has a name with an underscore. */
const sitesFolder = "_sites";

/** The image of all devices of a site that have one architecture. */
export function siteImagePath(site: string, architecture: Architecture): string {
  return `${sitesFolder}/${site}/${site}-${architecture}.iso`;
}

/** The files with which a device boots from the network. */
export function pxePaths(device: string): readonly string[] {
  const names = ["config.img", "boot.ipxe", "kernel-arguments.txt"];
  return names.map((name) => `${device}/pxe/${name}`);
}

/** A device, and its site if images of whole sites are kept too. */
interface Owner {
  readonly name: string;
  readonly site?: { readonly name: string };
}

/** Says whether a path is one of these files, for a synthesis of the devices, which must keep them. */
export function mediaOf(devices: Iterable<Owner>): (path: string) => boolean {
  const paths = new Set<string>();
  for (const { name, site } of devices) {
    for (const path of [imagePath(name), ...pxePaths(name)]) paths.add(path);
    if (site === undefined) continue;
    for (const architecture of architectures) {
      paths.add(siteImagePath(site.name, architecture));
    }
  }
  return (path) => paths.has(path);
}
