/** Makes the images that install devices of a fleet. */
import { onOneLine } from "../../fleet/model/one-line.ts";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { ByteSource, Patch } from "../../edge/formats/bytes.ts";
import type { EdgeDevice } from "../../edge/device.ts";
import { EdgeImage } from "../../edge/image.ts";
import { formatMistake, InputError } from "../../fleet/grammar/mistakes.ts";
import type { Device } from "../../fleet/model/device.ts";
import { checkedDevices } from "./checked-devices.ts";
import { copySource, type CopyProgress, type CopySource } from "./file-copy.ts";
import { withLiveIsos, type BaseOptions, type LiveIso, type LiveIsos } from "./live-iso.ts";
import { progressMeter } from "../terminal/progress.ts";
import { atPath, OperationError, systemFailure } from "../../fleet/files/operation-error.ts";
import { prepareImages, streamImage, writeImage } from "./image-writer.ts";
import { imagePath } from "../../edge/output-paths.ts";
import { loadProject, type Project } from "../project/project.ts";
import { findDevice, selectDevices, type DeviceFilter } from "../project/device-selection.ts";
import { shownPath, type ByteStream, type Session } from "../terminal/session.ts";
import { saveLockExclusively } from "../project/exclusive-save.ts";
import { saveChangedLock, secondsSince } from "../project/synthesis.ts";

export interface DeviceImage {
  readonly device: string;
  /** Path of the image, relative to the current folder. */
  readonly path: string;
  /** The live ISO that it was made from, and its volume identifier. */
  readonly base: string;
  readonly volume: string;
}

/** The result for many images. */
export interface ImagesReport {
  readonly images: readonly DeviceImage[];
  readonly failures: readonly { readonly device: string; readonly message: string }[];
  readonly seconds: number;
  /** Whether the images share the blocks of the live ISO, so that they need almost no space. */
  readonly blocksShared: boolean;
}

export interface DeviceImageOptions extends BaseOptions {
  /** Replace a config that the ISO contains already. @default false */
  readonly force?: boolean;
}

/**
 * Writes `dist/edge/<device>/<device>.iso`.
 *
 * @throws InputError if there is no such device, or the file is not a live ISO
 */
export async function makeImage(
  fleetFile: string,
  deviceName: string,
  options: DeviceImageOptions,
  session: Session,
): Promise<DeviceImage> {
  const project = await loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, deviceName);
  const edgeDeviceOf = await checkedDevices(project, session);
  return withLiveIsos(project, [device], options, session, async (isos) => {
    // Errors in the ISO or the device are found before anything is written.
    const patches = imageOf(edgeDeviceOf(device), isoOf(device, isos), options).patches();
    const { write, copyBytes } = prepareWriter(project, [device], isos, session);
    const onBytes = copyMeter(session, copyBytes, () => `${deviceName}.iso`);
    return write(device, patches, onBytes);
  });
}

/**
 * Writes the images of the devices that the filter selects.
 * A failure does not stop the others: the report names it.
 */
export async function makeImages(
  fleetFile: string,
  filter: DeviceFilter,
  options: DeviceImageOptions,
  session: Session,
): Promise<ImagesReport> {
  const start = performance.now();
  const project = await loadProject(fleetFile, session);
  const devices = selectDevices(project, fleetFile, filter);
  const edgeDeviceOf = await checkedDevices(project, session);
  return withLiveIsos(project, devices, options, session, async (isos) => {
    const { write, blocksShared, copyBytes } = prepareWriter(project, devices, isos, session);
    const make = async (device: Device, onBytes: CopyProgress) =>
      write(device, imageOf(edgeDeviceOf(device), isoOf(device, isos), options).patches(), onBytes);
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
  stream: ByteStream,
): Promise<void> {
  await withDeviceImage(fleetFile, deviceName, options, session, ({ source }) =>
    streamImage(source, stream),
  );
}

/** A device's image as a source of bytes, not written to the disk. */
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
  const project = await loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, deviceName);
  const edgeDeviceOf = await checkedDevices(project, session);
  return withLiveIsos(project, [device], options, session, async (isos) => {
    const source = imageOf(edgeDeviceOf(device), isoOf(device, isos), options).toSource();
    await saveLockExclusively(project, session);
    return use({ device, source });
  });
}

interface ImageWriter {
  readonly write: (
    device: Device,
    patches: readonly Patch[],
    onBytes: CopyProgress,
  ) => Promise<DeviceImage>;
  readonly blocksShared: boolean;
  /** Bytes to copy for all images together. */
  readonly copyBytes: number;
}

/** Does everything that is done once for all images. */
function prepareWriter(
  project: Project,
  devices: readonly Device[],
  isos: LiveIsos,
  session: Session,
): ImageWriter {
  saveChangedLock(project, session);
  const folder = join(project.outputFolder, "edge");
  atPath(folder, () => mkdirSync(folder, { recursive: true }));
  const sources = new Map<LiveIso, CopySource>();
  for (const iso of isos.values()) sources.set(iso, copySource(iso.path, folder));
  const sourceOf = (device: Device): CopySource => {
    const source = sources.get(isoOf(device, isos));
    if (source === undefined) throw new Error(`no ISO for ${device.name}`);
    return source;
  };
  const planned = devices.map((device) => ({
    path: imagePath(device.name),
    source: sourceOf(device),
  }));
  prepareImages(folder, planned, imagesAtOnceMax);
  return {
    blocksShared: [...sources.values()].every(({ method }) => method === "shared"),
    copyBytes: devices.reduce((sum, device) => sum + sourceOf(device).copyBytes, 0),
    async write(device, patches, onBytes) {
      const output = join(folder, imagePath(device.name));
      await writeImage(sourceOf(device), output, patches, onBytes);
      const { name: base, volumeIdentifier: volume } = isoOf(device, isos).image;
      return { device: device.name, path: shownPath(output), base, volume };
    },
  };
}

/** They share one read of the ISO; more would save little, and Node writes no more at once. */
const imagesAtOnceMax = 4;

/** Draws how much is copied. Without a terminal, finished images are printed and bytes are not. */
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

/** Makes every image, a few at a time, and prints the progress. */
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
  const record = (device: Device, outcome: DeviceImage | string) => {
    outcomes.set(device, outcome);
    if (typeof outcome === "string")
      session.progress(`${place()}: ${device.name} FAILED: ${outcome}`);
    else if (session.redraw) session.redraw(`${place()} images: ${device.name}`);
    else session.progress(`${place()}: ${outcome.path}`);
  };
  const work = async () => {
    for (let device = waiting.shift(); device; device = waiting.shift()) {
      if (diskIsFull) {
        record(device, "skipped: the disk is full");
        continue;
      }
      try {
        record(device, await make(device, onBytes));
      } catch (error) {
        diskIsFull ||= isDiskFull(error);
        record(device, messageOf(error));
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
  return `unexpected error: ${onOneLine(error instanceof Error ? error.message : String(error))}`;
}

function isDiskFull(error: unknown): boolean {
  const { code } = ((error as Error | undefined)?.cause ?? {}) as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

export function isoOf({ name, profile }: Device, isos: LiveIsos): LiveIso {
  const iso = isos.get(profile.architecture);
  if (iso === undefined) throw new Error(`no ISO for ${name}`);
  return iso;
}

/** The device's image, made from the live ISO. */
function imageOf(
  device: EdgeDevice,
  { image: iso }: LiveIso,
  { force = false }: DeviceImageOptions,
): EdgeImage {
  return new EdgeImage(device, "image", { iso, force });
}
