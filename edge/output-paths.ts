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

/** The files with which a machine boots from the network. */
export const pxeFileNames = ["config.img", "boot.ipxe", "kernel-arguments.txt"] as const;

/** Their folder for one device. */
export function pxeFolder(device: string): string {
  return `${device}/pxe`;
}

/** Their folder for all devices of a site that have one architecture. */
export function sitePxeFolder(site: string, architecture: Architecture): string {
  return `${sitesFolder}/${site}/pxe-${architecture}`;
}

const filesOf = (folder: string) => pxeFileNames.map((name) => `${folder}/${name}`);

/** A device, and its site if images of whole sites are kept too. */
interface Owner {
  readonly name: string;
  readonly site?: { readonly name: string };
}

/** Says whether a path is one of these files, for a synthesis of the devices, which must keep them. */
export function mediaOf(devices: Iterable<Owner>): (path: string) => boolean {
  const paths = new Set<string>();
  for (const { name, site } of devices) {
    for (const path of [imagePath(name), ...filesOf(pxeFolder(name))]) paths.add(path);
    if (site === undefined) continue;
    for (const architecture of architectures) {
      paths.add(siteImagePath(site.name, architecture));
      for (const path of filesOf(sitePxeFolder(site.name, architecture))) paths.add(path);
    }
  }
  return (path) => paths.has(path);
}
