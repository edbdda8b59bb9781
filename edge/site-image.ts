/** The image that installs any of several devices: a live ISO with all of them in its embed area. */
import { InputError } from "../fleet/grammar/mistakes.ts";
import type { EmbedBudget } from "./iso/budget.ts";
import { embedBudget } from "./iso/budget.ts";
import type { Patch } from "./formats/bytes.ts";
import { installBase } from "./installer/install-base.ts";
import { siteInstallFiles, type SiteMember } from "./installer/site-install.ts";
import { areaFiles, areaPatch } from "./iso/area.ts";
import { readFeatures } from "./iso/features.ts";
import type { Image } from "./iso/image.ts";
import { consolePatches, consolesOf } from "./iso/live-console.ts";
import { flotillaCommand } from "../fleet/model/advised-commands.ts";

export interface SitePatches {
  readonly patches: readonly Patch[];
  readonly budget: EmbedBudget;
}

/**
 * What to write into a copy of the ISO.
 *
 * @throws InputError if the ISO is older than `installer.d`, has not enough room, or already holds a
 *   configuration
 */
export function sitePatches(
  given: Image,
  site: string,
  members: readonly SiteMember[],
  { force = false },
): SitePatches {
  const base = installBase(given, force);
  const { iso } = base;
  const present = areaFiles(iso);
  if (!readFeatures(iso).installerConfig) {
    const message =
      "this live ISO is older than December 2021 and installs one device only. Use a newer one, or " +
      "make an image for each device.";
    throw new InputError([{ file: iso.name, message }]);
  }
  const filesFor = (count: number) =>
    new Map([...present, ...siteInstallFiles(members.slice(0, count))]);
  const files = filesFor(members.length);
  const budget = embedBudget(iso, files);
  if (budget.leftBytes < 0) {
    const fitting = mostThatFit(members.length, (count) => embedBudget(iso, filesFor(count)));
    throw new InputError([{ file: iso.name, message: tooMany(site, members, fitting, budget) }]);
  }
  const consoles = consolesOf(members.map(({ installation }) => installation));
  const patches = base.with([areaPatch(iso, files), ...consolePatches(iso, consoles)]);
  return { patches, budget };
}

/** The largest number of devices that fit, from the start of their list; found by halving. */
function mostThatFit(count: number, budgetOf: (count: number) => EmbedBudget): number {
  let fits = 0;
  let excess = count;
  while (excess - fits > 1) {
    const middle = Math.floor((fits + excess) / 2);
    if (budgetOf(middle).leftBytes < 0) excess = middle;
    else fits = middle;
  }
  return fits;
}

function tooMany(
  site: string,
  members: readonly SiteMember[],
  fitting: number,
  { usedBytes, areaBytes }: EmbedBudget,
): string {
  const names = members.map(({ installation: { name } }) => name);
  const rest = names.slice(fitting);
  const some = rest.slice(0, 10).join(", ");
  const more = rest.length > 10 ? ` and ${rest.length - 10} more` : "";
  const [first = "", last = first] = [names[0], names[fitting - 1]];
  const remedy =
    fitting === 0
      ? "Make an image for each device: omit --shared"
      : `Make several images, each with some of the devices, such as ${first} to ${last}: ` +
        `${flotillaCommand("image")} DEVICES --site ${site} --shared`;
  return (
    `one image has room for ${fitting} of the ${names.length} devices of ${site}: together they need ` +
    `${usedBytes} bytes, compressed, and the image has ${areaBytes}. These do not fit: ${some}${more}. ` +
    remedy
  );
}
