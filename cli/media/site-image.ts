/** Makes the images that install any device of a site: one for each architecture that the site has. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { patchedSource } from "../../edge/iso/patched-source.ts";
import type { ByteSource } from "../../edge/formats/bytes.ts";
import { siteImage } from "../../edge/output-paths.ts";
import { sitePatches } from "../../edge/site-image.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { loadProject } from "../project/project.ts";
import { saveLockExclusively } from "../project/exclusive-save.ts";
import { saveChangedLock, secondsSince } from "../project/synthesis.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { checkedDevices, type EdgeDeviceOf } from "./checked-devices.ts";
import { isoOf, type DeviceImageOptions } from "./device-image.ts";
import { copySource } from "./file-copy.ts";
import { prepareImages, writeImage } from "./image-writer.ts";
import { withLiveIsos, type LiveIsos } from "./live-iso.ts";
import {
  contentsOf,
  membersOf,
  siteGroups,
  type SiteContents,
  type SiteFilter,
  type SiteGroup,
} from "./site-group.ts";
import { recordMedium } from "../project/site-record.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export interface SiteImage extends SiteContents {
  /** Path of the image, relative to the current folder. */
  readonly path: string;
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
  filter: SiteFilter,
  options: DeviceImageOptions,
  session: Session,
): Promise<SiteImagesReport> {
  const start = performance.now();
  const project = await loadProject(fleetFile, session);
  const groups = siteGroups(project, fleetFile, filter);
  const edgeDeviceOf = await checkedDevices(project, session);
  const devices = groups.flatMap((group) => group.devices);
  return withLiveIsos(project, devices, options, session, async (isos) => {
    const planned = groups.map((group) => ({
      group,
      ...patchesOf(edgeDeviceOf, group, isos, options),
    }));
    saveChangedLock(project, session);
    const folder = join(project.outputFolder, "edge");
    atPath(folder, () => mkdirSync(folder, { recursive: true }));
    const copies = planned.map((plan) => {
      const medium = siteImage(plan.group.site, plan.group.architecture);
      return { ...plan, medium, path: medium.path, source: copySource(plan.iso.path, folder) };
    });
    prepareImages(folder, copies, 1);
    const images: SiteImage[] = [];
    for (const { group, iso, patches, budget, medium, path, source } of copies) {
      const output = join(folder, path);
      await writeImage(source, output, patches);
      await recordMedium(project, group, medium);
      images.push({
        ...contentsOf(group),
        path: shownPath(output),
        usedBytes: budget.usedBytes,
        areaBytes: budget.areaBytes,
        base: iso.image.name,
        volume: iso.image.volumeIdentifier,
      });
    }
    return { images, seconds: secondsSince(start) };
  });
}

function patchesOf(
  edgeDeviceOf: EdgeDeviceOf,
  group: SiteGroup,
  isos: LiveIsos,
  options: DeviceImageOptions,
) {
  const iso = isoOf(group.devices[0], isos);
  return { iso, ...sitePatches(iso.image, group.site, membersOf(edgeDeviceOf, group), options) };
}

/**
 * Runs `use` with the image of a site as a source of bytes; nothing is written to the disk.
 *
 * @throws InputError if the devices have two architectures, which need an image each
 */
export async function withSiteImage<Result>(
  fleetFile: string,
  filter: SiteFilter,
  options: DeviceImageOptions,
  session: Session,
  use: (image: { readonly contents: SiteContents; readonly source: ByteSource }) => Promise<Result>,
): Promise<Result> {
  const project = await loadProject(fleetFile, session);
  const [group, other] = siteGroups(project, fleetFile, filter);
  if (group === undefined) throw new Error(`no device of ${filter.site}`);
  if (other !== undefined) throw twoArchitectures(fleetFile, [group, other]);
  const edgeDeviceOf = await checkedDevices(project, session);
  return withLiveIsos(project, group.devices, options, session, async (isos) => {
    const { iso, patches } = patchesOf(edgeDeviceOf, group, isos, options);
    await saveLockExclusively(project, session);
    const source = patchedSource(iso.image.volume.source, patches);
    return use({ contents: contentsOf(group), source });
  });
}

function twoArchitectures(file: string, groups: readonly SiteGroup[]): InputError {
  const [{ site } = { site: "" }] = groups;
  const each = groups.map(({ architecture, devices }) => {
    const some = devices.slice(0, 3).map(({ name }) => name);
    return `${architecture} (${some.join(", ")}${devices.length > 3 ? ", …" : ""})`;
  });
  const message =
    `the devices of ${site} have two architectures: ${each.join(" and ")}. A stick has one. ` +
    `Name the devices of one architecture: ${flotillaCommand("flash")} 'DEVICES' --site ${site} DISK`;
  return new InputError([{ file, message }]);
}
