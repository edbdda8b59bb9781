/** The live ISOs that images are made from: found, opened and checked once for all images. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { openImage, type Image } from "../../edge/iso/image.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { architectures, type Architecture, type Device } from "../../fleet/model/device.ts";
import type { Project } from "../project/project.ts";
import type { Session } from "../terminal/session.ts";
import { openFileSource } from "./file-source.ts";

export interface LiveIso {
  readonly path: string;
  readonly image: Image;
  /** Closes the file; the image can't be read any more. */
  readonly close: () => void;
}

/** The live ISO of each architecture. */
export type LiveIsos = ReadonlyMap<Architecture, LiveIso>;

/**
 * Opens the live ISO of every device, and closes them all when `use` is done: the one at `path`, or
 * the one that the lock pins for the device's architecture.
 *
 * @throws InputError if the file is not a live ISO, or is for another architecture
 */
export async function withLiveIsos<Result>(
  project: Project,
  devices: readonly Device[],
  path: string | undefined,
  session: Session,
  use: (isos: LiveIsos) => Promise<Result>,
): Promise<Result> {
  if (path !== undefined) requireArchitecture(path, devices);
  const isos = new Map<Architecture, LiveIso>();
  try {
    for (const device of devices) {
      const { architecture } = device.profile;
      if (isos.has(architecture)) continue;
      const file = path ?? (await pinnedPath(project, architecture, session));
      isos.set(architecture, openLiveIso(file));
    }
    return await use(isos);
  } finally {
    for (const iso of isos.values()) iso.close();
  }
}

async function pinnedPath(
  { fleet }: Project,
  architecture: Architecture,
  session: Session,
): Promise<string> {
  // The library that checks signatures is large, and a given file needs none.
  const { pinnedIso } = await import("./download/pinned-iso.ts");
  return pinnedIso(fleet.pins, architecture, session);
}

function openLiveIso(path: string): LiveIso {
  requireFile(path);
  const source = openFileSource(path);
  try {
    return { path, image: openImage(path, source), close: source.close };
  } catch (error) {
    source.close();
    throw error;
  }
}

function requireFile(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile()) return;
  const found = status === undefined ? "there is no such file" : "this is not a file";
  const message = `${found}. Give the path of a Fedora CoreOS live ISO that you downloaded`;
  throw new InputError([{ file: path, message }]);
}

/**
 * Refuses an ISO for another architecture. Only the name of Fedora's downloads has it:
 * `fedora-coreos-<release>-live-iso.<architecture>.iso`.
 */
function requireArchitecture(path: string, devices: readonly Device[]): void {
  const [, found] = /^fedora-coreos-.*[.-]([a-z0-9_]+)\.iso$/.exec(basename(path)) ?? [];
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
  throw new InputError([{ file: path, message }]);
}
