/** Makes the images that install any device of a site: one for each architecture that the site has. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { SiteMember } from "../../edge/installer/site-install.ts";
import { installationOf } from "../../edge/installer/installation.ts";
import { siteImagePath } from "../../edge/output-paths.ts";
import { sitePatches } from "../../edge/site-image.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import type { Architecture, Device } from "../../fleet/model/device.ts";
import { selectDevices, type DeviceFilter } from "../project/device-selection.ts";
import { loadProject, type Project } from "../project/project.ts";
import { checkAdditions } from "../project/snippet-check.ts";
import { saveChangedLock, secondsSince } from "../project/synthesis.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { edgeDeviceOf, isoOf, type DeviceImageOptions } from "./device-image.ts";
import { copySource } from "./file-copy.ts";
import { prepareImages, writeImage } from "./image-writer.ts";
import { withLiveIsos } from "./live-iso.ts";

export interface SiteImage {
  readonly site: string;
  readonly architecture: Architecture;
  /** Path of the image, relative to the current folder. */
  readonly path: string;
  readonly devices: readonly string[];
  /** Those that a person has to choose at the machine: they have no `match`. */
  readonly withoutMatch: readonly string[];
  /** What the devices take of the image's room for them. */
  readonly usedBytes: number;
  readonly areaBytes: number;
  /** The live ISO that it was made from, and its volume identifier. */
  readonly base: string;
  readonly volume: string;
}

export interface SiteImagesReport {
  readonly images: readonly SiteImage[];
  readonly seconds: number;
}

/**
 * Writes `dist/edge/_sites/<site>/<site>-<architecture>.iso` for each architecture.
 *
 * @throws InputError if the site is unknown, or its devices do not fit; then nothing is written
 */
export async function makeSiteImages(
  fleetFile: string,
  filter: DeviceFilter & { readonly site: string },
  options: DeviceImageOptions,
  session: Session,
): Promise<SiteImagesReport> {
  const start = performance.now();
  const { site } = filter;
  const project = await loadProject(fleetFile, session);
  const devices = selectDevices(project, fleetFile, filter);
  await checkAdditions(project, session);
  return withLiveIsos(project, devices, options, session, async (isos) => {
    const planned = [...byArchitecture(devices)].map(([architecture, group]) => {
      const [first] = group;
      const iso = isoOf(first, isos);
      const members = group.map((device) => memberOf(project, device));
      return { architecture, group, iso, ...sitePatches(iso.image, site, members, options) };
    });
    saveChangedLock(project, session);
    const folder = join(project.outputFolder, "edge");
    atPath(folder, () => mkdirSync(folder, { recursive: true }));
    const copies = planned.map((plan) => {
      const path = siteImagePath(site, plan.architecture);
      return {
        ...plan,
        path,
        output: join(folder, path),
        source: copySource(plan.iso.path, folder),
      };
    });
    prepareImages(folder, copies, 1);
    const images: SiteImage[] = [];
    for (const { architecture, group, iso, patches, budget, output, source } of copies) {
      await writeImage(source, output, patches);
      images.push({
        site,
        architecture,
        path: shownPath(output),
        devices: group.map(({ name }) => name),
        withoutMatch: group.filter(({ match }) => match === undefined).map(({ name }) => name),
        usedBytes: budget.usedBytes,
        areaBytes: budget.areaBytes,
        base: iso.image.name,
        volume: iso.image.volumeIdentifier,
      });
    }
    return { images, seconds: secondsSince(start) };
  });
}

type Group = readonly [Device, ...Device[]];

function byArchitecture(devices: readonly Device[]): ReadonlyMap<Architecture, Group> {
  const groups = new Map<Architecture, Group>();
  for (const device of devices) {
    const { architecture } = device.profile;
    groups.set(architecture, [...(groups.get(architecture) ?? []), device] as unknown as Group);
  }
  return groups;
}

function memberOf(project: Project, device: Device): SiteMember {
  const { match, description } = device;
  return {
    installation: installationOf(edgeDeviceOf(project, device)),
    ...(match !== undefined && { match }),
    ...(description !== undefined && { description }),
  };
}
