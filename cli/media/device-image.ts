/** Makes the images that install devices of a fleet. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Writable } from "node:stream";
import type { ByteSource, Patch } from "../../edge/formats/bytes.ts";
import { EdgeApp } from "../../edge/app.ts";
import type { EdgeDevice } from "../../edge/device.ts";
import { fleetDevice } from "../../edge/fleet-devices.ts";
import { EdgeImage } from "../../edge/image.ts";
import { deviceSecrets } from "../../fleet/keys/secrets.ts";
import { formatMistake, InputError } from "../../fleet/grammar/mistakes.ts";
import type { Architecture, Device } from "../../fleet/model/device.ts";
import { withBases, type Base } from "./base-image.ts";
import { planCopies, type CopyPlan, type CopyProgress } from "./copy.ts";
import { progressMeter } from "./download/progress.ts";
import { atPath, OperationError, systemFailure } from "../../fleet/files/operation-error.ts";
import { requireSpace, streamImage, writeImage } from "./image-file.ts";
import { imagePath } from "../../edge/output-paths.ts";
import { loadProject, type Project } from "../project/project.ts";
import { findDevice, selectDevices } from "../project/selection.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { reviewSnippets } from "../project/snippets.ts";
import { saveChangedLock, secondsSince } from "../project/synthesis.ts";
import { claimFiles } from "../../fleet/files/output-folder.ts";
import { gatewayPublicKeys } from "../../fleet/keys/wireguard.ts";

export interface DeviceImage {
  readonly device: string;
  /** The image, as a person in the current folder would write it. */
  readonly path: string;
  /** The ISO that it was made from, and what that calls itself. */
  readonly base: string;
  readonly volume: string;
}

/** What became of many images. */
export interface ImagesReport {
  readonly images: readonly DeviceImage[];
  readonly failures: readonly { readonly device: string; readonly message: string }[];
  readonly seconds: number;
  /** Whether the images share the base's blocks, so that they take next to nothing. */
  readonly blocksShared: boolean;
}

export interface DeviceImageOptions {
  /** Path of a Fedora CoreOS live ISO. */
  readonly base?: string;
  /** Replace a config that the base holds already. @default false */
  readonly force?: boolean;
}

/** What a copy needs besides its blocks: the embed area, and the file system's own records. */
const patchBytes = 1_048_576;

/**
 * Writes `dist/edge/<device>/<device>.iso`.
 *
 * @throws InputError where there is no such device, or the base is none
 */
export async function makeImage(
  fleetFile: string,
  deviceName: string,
  options: DeviceImageOptions,
  session: Session,
): Promise<DeviceImage> {
  const project = loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, deviceName);
  await reviewSnippets(project.fleet, session);
  return withBases(project, [device], options.base, session, async (bases) => {
    // What is wrong with the base or the device is found before anything is written.
    const patches = imageOf(project, device, baseOf(device, bases), options).patches();
    const { write, copyBytes } = openWorkshop(project, [device], bases, session);
    const onBytes = copyMeter(session, copyBytes, () => `${deviceName}.iso`);
    return write(device, patches, onBytes);
  });
}

/**
 * Writes the image of every device that the words stand for, or of all where there are none. One
 * that fails does not stop the others: it is named in the report.
 */
export async function makeImages(
  fleetFile: string,
  words: readonly string[] | undefined,
  options: DeviceImageOptions,
  session: Session,
): Promise<ImagesReport> {
  const start = performance.now();
  const project = loadProject(fleetFile, session);
  const devices =
    words === undefined ? project.fleet.devices : selectDevices(project, fleetFile, words);
  await reviewSnippets(project.fleet, session);
  return withBases(project, devices, options.base, session, async (bases) => {
    const { write, blocksShared, copyBytes } = openWorkshop(project, devices, bases, session);
    const make = async (device: Device, onBytes: CopyProgress) =>
      write(device, imageOf(project, device, baseOf(device, bases), options).patches(), onBytes);
    const outcome = await makeAll(devices, make, copyBytes, session);
    return { ...outcome, seconds: secondsSince(start), blocksShared };
  });
}

/** Writes one image to a stream, and nothing to the disk. */
export async function streamDeviceImage(
  fleetFile: string,
  deviceName: string,
  options: DeviceImageOptions,
  session: Session,
  stream: Writable,
): Promise<void> {
  await withDeviceImage(fleetFile, deviceName, options, session, ({ source }) =>
    streamImage(source, stream),
  );
}

/** One device's image while it is nowhere but in memory and on the base. */
export interface UnwrittenImage {
  readonly device: Device;
  readonly source: ByteSource;
}

/** Runs `use` with one device's image as a source of bytes. */
export async function withDeviceImage<Result>(
  fleetFile: string,
  deviceName: string,
  options: DeviceImageOptions,
  session: Session,
  use: (image: UnwrittenImage) => Promise<Result>,
): Promise<Result> {
  const project = loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, deviceName);
  await reviewSnippets(project.fleet, session);
  return withBases(project, [device], options.base, session, async (bases) => {
    saveChangedLock(project, session);
    const base = baseOf(device, bases);
    return use({ device, source: imageOf(project, device, base, options).toSource() });
  });
}

interface Workshop {
  readonly write: (
    device: Device,
    patches: readonly Patch[],
    onBytes: CopyProgress,
  ) => Promise<DeviceImage>;
  readonly blocksShared: boolean;
  /** What is copied for all images together. */
  readonly copyBytes: number;
}

/** Everything that is done once for all images. */
function openWorkshop(
  project: Project,
  devices: readonly Device[],
  bases: ReadonlyMap<Architecture, Base>,
  session: Session,
): Workshop {
  saveChangedLock(project, session);
  const folder = join(project.outputFolder, "edge");
  atPath(folder, () => mkdirSync(folder, { recursive: true }));
  const plans = new Map<Base, CopyPlan>();
  for (const base of bases.values()) plans.set(base, planCopies(base.path, folder));
  const planOf = (device: Device): CopyPlan => {
    const plan = plans.get(baseOf(device, bases));
    if (plan === undefined) throw new Error(`no plan for ${device.name}`);
    return plan;
  };
  requireSpace(folder, neededBytes(folder, devices, planOf), devices.length);
  claimFiles(
    folder,
    devices.map(({ name }) => imagePath(name)),
  );
  return {
    blocksShared: [...plans.values()].every(({ method }) => method === "shared"),
    copyBytes: devices.reduce((sum, device) => sum + planOf(device).copyBytes, 0),
    async write(device, patches, onBytes) {
      const output = join(folder, imagePath(device.name));
      await writeImage(planOf(device), output, patches, onBytes);
      const { name: base, volumeIdentifier: volume } = baseOf(device, bases).image;
      return { device: device.name, path: shownPath(output), base, volume };
    },
  };
}

/** An image that is replaced stays until the new one is whole; then its space is free again. */
function neededBytes(
  folder: string,
  devices: readonly Device[],
  planOf: (device: Device) => CopyPlan,
): number {
  const bytes = (device: Device) => planOf(device).copyBytes + patchBytes;
  const isReplaced = ({ name }: Device) => existsSync(join(folder, imagePath(name)));
  const replaced = devices
    .filter(isReplaced)
    .map(bytes)
    .toSorted((a, b) => b - a);
  const fresh = devices.filter((device) => !isReplaced(device)).map(bytes);
  return [...fresh, ...replaced.slice(0, imagesAtOnceMax)].reduce((sum, each) => sum + each, 0);
}

/** They share one reading of the base; more would save little, and Node writes no more at once. */
const imagesAtOnceMax = 4;

/** Draws how much is copied. Without a terminal images are told of, and their bytes are not. */
function copyMeter(session: Session, totalBytes: number, title: () => string): CopyProgress {
  const { redraw } = session;
  if (redraw === undefined) return () => {};
  // The title changes while the meter runs.
  const titled = { ...session, redraw: (line: string) => redraw(title() + line) };
  const meter = progressMeter("", titled, () => performance.now());
  let done = 0;
  return (bytes) => meter.report((done += bytes), totalBytes);
}

type Outcome = Pick<ImagesReport, "images" | "failures">;

/** Makes every image, a few at a time, and says on standard error how far it is. */
async function makeAll(
  devices: readonly Device[],
  make: (device: Device, onBytes: CopyProgress) => Promise<DeviceImage>,
  copyBytes: number,
  session: Session,
): Promise<Outcome> {
  const outcomes = new Map<Device, DeviceImage | string>();
  const waiting = [...devices];
  const place = () => `${outcomes.size} of ${devices.length}`;
  const onBytes = copyMeter(session, copyBytes, () => `${place()} images`);
  let diskIsFull = false;
  const say = (device: Device, outcome: DeviceImage | string) => {
    outcomes.set(device, outcome);
    if (typeof outcome === "string")
      session.progress(`${place()}: ${device.name} FAILED: ${outcome}`);
    else if (session.redraw) session.redraw(`${place()} images: ${device.name}`);
    else session.progress(`${place()}: ${outcome.path}`);
  };
  const work = async () => {
    for (let device = waiting.shift(); device; device = waiting.shift()) {
      if (diskIsFull) {
        say(device, "not tried: the disk is full");
        continue;
      }
      try {
        say(device, await make(device, onBytes));
      } catch (error) {
        diskIsFull ||= isDiskFull(error);
        say(device, messageOf(error));
      }
    }
  };
  session.redraw?.(`${place()} images`);
  await Promise.all(Array.from({ length: imagesAtOnceMax }, work));
  session.redraw?.("");
  const images: DeviceImage[] = [];
  const failures: { readonly device: string; readonly message: string }[] = [];
  for (const device of devices) {
    const outcome = outcomes.get(device);
    if (typeof outcome === "object") images.push(outcome);
    else failures.push({ device: device.name, message: outcome ?? "" });
  }
  return { images, failures };
}

function messageOf(error: unknown): string {
  if (error instanceof InputError) return error.mistakes.map(formatMistake).join("; ");
  const failure = error instanceof OperationError ? error : systemFailure(error);
  if (failure) return failure.message;
  return `unexpected error: ${error instanceof Error ? error.message : String(error)}`;
}

function isDiskFull(error: unknown): boolean {
  const { code } = ((error as Error | undefined)?.cause ?? {}) as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

function baseOf({ name, profile }: Device, bases: ReadonlyMap<Architecture, Base>): Base {
  const base = bases.get(profile.architecture);
  if (base === undefined) throw new Error(`no base for ${name}`);
  return base;
}

/** The device's image, made from the base. */
function imageOf(
  project: Project,
  device: Device,
  { image: iso }: Base,
  { force = false }: DeviceImageOptions,
): EdgeImage {
  return new EdgeImage(edgeDeviceOf(project, device), "image", { iso, force });
}

/** The device with its secrets. */
export function edgeDeviceOf({ fleet, key }: Project, device: Device): EdgeDevice {
  const secrets = deviceSecrets(fleet, device, key);
  return fleetDevice(new EdgeApp(), fleet, device, gatewayPublicKeys(fleet, key), secrets);
}
