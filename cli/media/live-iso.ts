/** The live ISOs that images are made from: found, opened and checked once for all images. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { basename } from "node:path";
import { baseRemarks, misfit, type FittedDevice } from "../../edge/base-fit.ts";
import { readIdentity } from "../../edge/iso/identity.ts";
import { openImage, type Image } from "../../edge/iso/image.ts";
import type { ByteSource } from "../../edge/formats/bytes.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { architectures, type Architecture, type Device } from "../../fleet/model/device.ts";
import type { Project } from "../project/project.ts";
import type { Session } from "../terminal/session.ts";
import { openFileSource } from "../../fleet/files/file-source.ts";
import { chunksOf } from "./chunks.ts";

export interface LiveIso {
  readonly path: string;
  readonly image: Image;
  /** Closes the file; the image can't be read any more. */
  readonly close: () => void;
}

/** The live ISO of each architecture. */
export type LiveIsos = ReadonlyMap<Architecture, LiveIso>;

/** Fedora's ISOs have about 1 GB; a customized one can carry the system's image besides. */
const isoBytesMax = 8 * 2 ** 30;
/** A larger file has other bytes than the pinned one, and is not read for that. */
const pinnedBytesMax = 2 * 2 ** 30;

/** Which ISO is used, and how much it may differ from the lock. */
export interface BaseOptions {
  /** Path of a live ISO. @default the one that the lock pins for the device's architecture */
  readonly base?: string;
  /** Accept an older release than the lock's, or another CoreOS. @default false */
  readonly allowRelease?: boolean;
}

/**
 * Opens the live ISO of every device, and closes them all when `use` is done. Each is compared with the lock,
 * and differences are reported.
 *
 * @throws InputError if the file is not a live ISO, or does not fit a device
 */
export async function withLiveIsos<Result>(
  project: Project,
  devices: readonly Device[],
  { base, allowRelease = false }: BaseOptions,
  session: Session,
  use: (isos: LiveIsos) => Promise<Result>,
): Promise<Result> {
  if (base !== undefined) requireArchitecture(base, devices);
  const isos = new Map<Architecture, LiveIso>();
  try {
    for (const device of devices) {
      const { architecture } = device.profile;
      if (isos.has(architecture)) continue;
      const file = base ?? (await pinnedPath(project, architecture, session));
      const iso = openLiveIso(file);
      isos.set(architecture, iso);
      const release = project.fleet.pins.coreos.release;
      const fitted = { name: device.name, architecture, coreosRelease: release };
      // The bytes of the pinned ISO are checked, so its release is what the lock says.
      const message = misfit(iso.image, fitted, allowRelease || base === undefined);
      if (message !== undefined) throw new InputError([{ file, message }]);
      if (base === undefined) continue;
      const remarks = [...baseRemarks(iso.image, fitted), ...differences(iso, fitted, project)];
      for (const remark of remarks) session.progress(`warning: ${file}: ${remark}`);
    }
    return await use(isos);
  } finally {
    for (const iso of isos.values()) iso.close();
  }
}

/** A base that says it is the pinned release, and has other bytes. */
function differences(
  { path, image }: LiveIso,
  { architecture, coreosRelease }: FittedDevice,
  { fleet }: Project,
): readonly string[] {
  const { release } = readIdentity(image);
  if (release !== coreosRelease) return [];
  const { url, sha256 } = fleet.pins.coreos.iso[architecture];
  if (image.volume.source.size <= pinnedBytesMax && sha256Of(image.volume.source) === sha256)
    return [];
  const name = url.slice(url.lastIndexOf("/") + 1);
  return [
    `it is not the ${name} that the lock pins: another SHA-256. ` +
      `Use it if you customized it; else download ${basename(path)} again`,
  ];
}

function sha256Of(source: ByteSource): string {
  const hash = createHash("sha256");
  for (const chunk of chunksOf(source)) hash.update(chunk);
  return hash.digest("hex");
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
  if (status?.isFile() && status.size <= isoBytesMax) return;
  const found =
    status === undefined
      ? "file not found"
      : status.isFile()
        ? `this file has ${status.size} bytes, and a live ISO has about 1,000,000,000`
        : "this is not a file";
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
