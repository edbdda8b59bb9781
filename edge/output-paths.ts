/** The files that commands put into the folder of the devices, beside those of the synthesis. */
import { architectures, type Architecture } from "../fleet/model/device.ts";
import { flotillaCommand, makeCommand } from "../fleet/model/advised-commands.ts";

/** The image of a device. */
export function imagePath(device: string): string {
  return `${device}/${device}.iso`;
}

/** No device has a name with an underscore. */
const sitesFolder = "_sites";

/** What installs all devices of a site that have one architecture. */
export interface SiteMedium {
  /** A file of it. */
  readonly path: string;
  /** What it was made of: see cli/project/site-record.ts. */
  readonly record: string;
  /** What makes it. */
  readonly command: string;
}

/** The image. */
export function siteImage(site: string, architecture: Architecture): SiteMedium {
  const name = `${sitesFolder}/${site}/${site}-${architecture}`;
  return {
    path: `${name}.iso`,
    record: `${name}.json`,
    command: `${makeCommand("iso")} SITE=${site}`,
  };
}

/** The files with which a machine boots from the network. */
export function siteBoot(site: string, architecture: Architecture): SiteMedium {
  const folder = sitePxeFolder(site, architecture);
  const command = `${flotillaCommand("pxe")} --site ${site}`;
  return { path: `${folder}/config.img`, record: `${folder}.json`, command };
}

export function siteMedia(site: string, architecture: Architecture): readonly SiteMedium[] {
  return [siteImage(site, architecture), siteBoot(site, architecture)];
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
      for (const { path, record } of siteMedia(site.name, architecture)) {
        paths.add(path);
        paths.add(record);
      }
      for (const path of filesOf(sitePxeFolder(site.name, architecture))) paths.add(path);
    }
  }
  return (path) => paths.has(path);
}
