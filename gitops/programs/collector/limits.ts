/**
 * What one device may send and hold, and what all may hold together: a compromised device may send
 * anything.
 */
const mebibyte = 2 ** 20;

/** Of one request, as it comes. */
export const bodyBytesMax = 4 * mebibyte;

/** Of one request, decompressed. */
export const contentBytesMax = 8 * mebibyte;

/** Decompressed, of all requests that are in work. */
export const heldBytesMax = 64 * mebibyte;

/** Decompressed, from midnight to midnight UTC. */
export const deviceBytesMaxPerDay = 512 * mebibyte;
export const deviceSeriesMaxPerDay = 3000;

export const deviceConnectionsMax = 4;

/** Of one request. */
export const linesMax = 50_000;
export const seriesMax = 50_000;

/** Of one series: its labels and samples. */
export const seriesFieldsMax = 100;
export const lineLengthMax = 32_768;
export const labelLengthMax = 1024;
