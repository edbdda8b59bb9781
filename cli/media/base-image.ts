/** The live ISOs that images are made from: found, opened and checked once for all images. */
import { basename } from "node:path";
import { openImage, type Image } from "../../edge/iso/image.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { architectures } from "../../fleet/model/device.ts";
import { openSource, requireFile } from "./image-file.ts";
import type { Project } from "../project/project.ts";
import type { Session } from "../terminal/session.ts";
import type { Architecture, Device } from "../../fleet/model/device.ts";

export interface Base {
  readonly path: string;
  readonly image: Image;
  /** Closes the file; the image can't be read any more. */
  readonly close: () => void;
}

/**
 * Opens the base of every device, and closes them all when `use` is done: the one that the user
 * named, or for each architecture the one that the fleet is pinned to.
 *
 * @throws InputError where the named one is no base, or none for one of the devices
 */
export async function withBases<Result>(
  project: Project,
  devices: readonly Device[],
  named: string | undefined,
  session: Session,
  use: (bases: ReadonlyMap<Architecture, Base>) => Promise<Result>,
): Promise<Result> {
  if (named !== undefined) requireArchitecture(named, devices);
  const bases = new Map<Architecture, Base>();
  try {
    for (const device of devices) {
      const { architecture } = device.profile;
      if (bases.has(architecture)) continue;
      const path = named ?? (await pinnedBase(project, architecture, session));
      bases.set(architecture, openBase(path));
    }
    return await use(bases);
  } finally {
    for (const base of bases.values()) base.close();
  }
}

async function pinnedBase(
  { fleet }: Project,
  architecture: Architecture,
  session: Session,
): Promise<string> {
  // What checks signatures is large, and an image from a named base does without.
  const { baseFor } = await import("./download/index.ts");
  return baseFor(fleet.pins, architecture, session);
}

function openBase(path: string): Base {
  requireFile(path);
  const source = openSource(path);
  try {
    return { path, image: openImage(path, source), close: source.close };
  } catch (error) {
    source.close();
    throw error;
  }
}

/**
 * Refuses a base that was made for another architecture, which nothing but the name that Fedora
 * gives its downloads tells: `fedora-coreos-<release>-live-iso.<architecture>.iso`.
 */
function requireArchitecture(base: string, devices: readonly Device[]): void {
  const [, found] = /^fedora-coreos-.*[.-]([a-z0-9_]+)\.iso$/.exec(basename(base)) ?? [];
  const known: readonly string[] = [...architectures, "ppc64le", "s390x"];
  const [first] = devices;
  const wrong =
    found !== undefined && known.includes(found)
      ? devices.filter(({ profile }) => profile.architecture !== found)
      : devices.filter(({ profile }) => profile.architecture !== first?.profile.architecture);
  const [device] = wrong;
  if (device === undefined) return;
  const { architecture, name } = device.profile;
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : "";
  const message =
    wrong.length === devices.length
      ? `this ISO is for ${found}, and ${device.name} (profile ${name}) is ${architecture}. ` +
        `Give the one whose name ends in ${architecture}.iso`
      : `one ISO serves one architecture; ${device.name}${more} is ${architecture}, and others ` +
        `are not. Name devices of one architecture, or omit --base`;
  throw new InputError([{ file: base, message }]);
}
