/**
 * What one device may send and hold, and what all may hold together: a compromised device may send
 * anything.
 */
import type { JsonLimits } from "../shared/json.ts";

const mebibyte = 2 ** 20;

/** The most bytes of one request, as it comes. */
export const bodyBytesMax = 4 * mebibyte;

/** The most bytes of one request, decompressed. */
export const contentBytesMax = 8 * mebibyte;

/** The limits of what one device, and all devices together, have in the collector's memory. */
export interface HeldLimits {
  readonly bytesMax: number;
  readonly deviceBytesMax: number;
}

/** The limits of bodies that are being received. */
export const receivedLimits: HeldLimits = {
  bytesMax: 96 * mebibyte,
  deviceBytesMax: bodyBytesMax,
};

/** The limits of what waits until the hub has it. */
export const sentLimits: HeldLimits = {
  bytesMax: 64 * mebibyte,
  deviceBytesMax: 32 * mebibyte,
};

/** Decompressed, from midnight to midnight UTC. */
export const deviceBytesMaxPerDay = 512 * mebibyte;
export const deviceSeriesMaxPerDay = 3000;
/** What a line costs of the day's bytes at least. */
export const lineCostMin = 256;

export const deviceConnectionsMax = 4;

/** The most lines of one request. */
export const linesMax = 50_000;
/** The most lines of one request that are not lines of Fluent Bit. */
export const damagedLinesMax = 100;
export const seriesMax = 50_000;

/** The most labels and samples of one series. */
export const seriesFieldsMax = 100;
/** The most labels and samples of one request: each takes ten times its bytes while it is written. */
export const requestFieldsMax = 150_000;
/** The most bytes of one line as it comes, where JSON may take six bytes for a character. */
export const lineBytesMax = 8 * 32_768;
/** The longest text of one line. */
export const lineLengthMax = 32_768;
/** A line has ten fields. */
export const lineLimits: JsonLimits = { valuesMax: 100, depthMax: 4 };
export const labelLengthMax = 1024;
