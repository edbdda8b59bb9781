/**
 * Downloads a live ISO once, checks it, and keeps it for all devices.
 *
 * A file gets its final name after its SHA-256 and Fedora's signature were checked. The file
 * `.checked` beside it records its size and time of change; while both are the same the ISO is not
 * read again, because reading 1 GiB costs more than making an image. To check everything again,
 * delete `.checked`: the ISO is read, and downloaded again only if it is wrong.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync } from "node:fs";
import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { writeFileAtomically } from "../../../fleet/files/atomic-file.ts";
import type { Artifact } from "../../../fleet/model/pins.ts";
import { atPathAsync, OperationError } from "../../../fleet/files/operation-error.ts";
import type { Session } from "../../terminal/session.ts";
import type { TrustedKey } from "./fedora-keys.ts";
import { openPartialFile, type PartialFile } from "./partial-file.ts";
import { formatBytes, progressMeter } from "../../terminal/progress.ts";
import { readSignature, type DetachedSignature } from "./signature.ts";
import { get, getSmall, Interruption, withRetries } from "./transfer.ts";
import type { Patience, Reply } from "./transfer.ts";
import { withProcessLock } from "../../terminal/process-lock.ts";
import { flotillaCommand, makeCommand } from "../../../fleet/model/advised-commands.ts";

export interface FetchOptions {
  /** The folder of the cache. */
  readonly folder: string;
  /** Keys whose signatures are accepted. */
  readonly keys: readonly TrustedKey[];
  readonly patience: Patience;
  readonly session: Pick<Session, "progress" | "redraw">;
}

/** A live ISO has about 1 GB; an endless response must not fill the disk. */
const sizeMax = 16 * 1024 ** 3;
/** A signature by an RSA key has about 600 bytes. */
const signatureSizeMax = 64 * 1024;

/**
 * The path of a checked copy of the ISO, which is downloaded if it is missing.
 *
 * @param iso its detached signature is at its URL followed by `.sig`, as for all files of Fedora
 * @throws OperationError if it can't be downloaded, or is not what was pinned or signed
 */
export async function fetchIso(iso: Artifact, options: FetchOptions): Promise<string> {
  const folder = join(options.folder, "iso", iso.sha256);
  const file = join(folder, fileName(iso.url));
  return atPathAsync(folder, async () => {
    if (isChecked(file)) return file;
    mkdirSync(folder, { recursive: true });
    const waiting = () =>
      options.session.progress(`Another flotilla downloads ${basename(file)}; waiting for it`);
    return withProcessLock(join(folder, "lock"), waiting, async () => {
      if (!isChecked(file)) await download(iso, file, options);
      return file;
    });
  });
}

/** The last part of the URL, if it is a valid name in every file system. */
function fileName(url: string): string {
  const name = URL.canParse(url) ? basename(new URL(url).pathname) : "";
  return /^[A-Za-z0-9][\w.+-]{0,199}$/.test(name) ? name : "live.iso";
}

/** The contents of `.checked` for the file as it is now; undefined if there is no file. */
function checkRecord(file: string): string | undefined {
  const status = statSync(file, { throwIfNoEntry: false });
  return status && `${status.size} bytes, changed ${status.mtimeMs}\n`;
}

function isChecked(file: string): boolean {
  const record = checkRecord(file);
  const recordFile = `${file}.checked`;
  if (record === undefined || !existsSync(recordFile)) return false;
  return readFileSync(recordFile, "utf8") === record;
}

async function download(iso: Artifact, file: string, options: FetchOptions): Promise<void> {
  const { progress } = options.session;
  const partFile = `${file}.part`;
  // A file without `.checked` may be right: it is a partial file that may be complete.
  if (existsSync(file)) renameSync(file, partFile);
  let part: PartialFile | undefined;
  try {
    const signature = await signatureOf(iso, file, options);
    part = openPartialFile(partFile, [...new Set(["sha256", signature.hashName])]);
    await complete(iso, part, options);
    await checkSignature(signature, part, file);
    part.finish();
    renameSync(partFile, file);
    writeFileAtomically(`${file}.checked`, checkRecord(file) ?? "");
    progress(`${basename(file)}: sha256 as pinned, signed by ${signature.signer}; kept as ${file}`);
  } catch (error) {
    if (error instanceof Interruption) throw unfinished(iso, part, error);
    throw error;
  } finally {
    part?.close();
  }
}

/** Fetched first: without a signature there is no point in downloading the ISO. */
async function signatureOf(
  iso: Artifact,
  file: string,
  { keys, patience, session }: FetchOptions,
): Promise<DetachedSignature> {
  const kept = `${file}.sig`;
  const url = `${iso.url}.sig`;
  if (existsSync(kept)) {
    try {
      return ofRelease(await readSignature(readFileSync(kept), url, keys), url);
    } catch {
      rmSync(kept, { force: true });
    }
  }
  const bytes = await getSmall(url, signatureSizeMax, patience, session.progress);
  if (bytes === undefined) {
    throw new OperationError(
      `${url}: the signature is missing, so this ISO cannot be verified as Fedora's. ` +
        `If Fedora removed the build, pin today's: ${flotillaCommand("pin")}`,
    );
  }
  const signature = ofRelease(await readSignature(bytes, url, keys), url);
  writeFileAtomically(kept, bytes);
  return signature;
}

/**
 * A signature holds for bytes, not for a name: an old ISO and its signature could be offered as a newer
 * release. So the key must not be superseded by that release, nor the signature older than it.
 *
 * @throws OperationError if it is
 */
function ofRelease(signature: DetachedSignature, url: string): DetachedSignature {
  const [, release = "", year = "", month = "", day = ""] =
    /\/fedora-coreos-(\d+)\.(\d{4})(\d{2})(\d{2})\.[^/]*$/.exec(url) ?? [];
  const { signer, signerRelease, created } = signature;
  if (release === "" || signerRelease === undefined) return signature;
  if (signerRelease < Number(release)) {
    throw new OperationError(
      `${url}: signed by the key of ${signer}, which Fedora ${release} has superseded. This ISO is not the release that its name says`,
    );
  }
  // A day of tolerance for time zones.
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day) - 1);
  if (created !== undefined && created.getTime() < start) {
    throw new OperationError(
      `${url}: signed on ${created.toISOString().slice(0, 10)}, before the release that its name says`,
    );
  }
  return signature;
}

/** Downloads the missing bytes, until the SHA-256 is the pinned one. */
async function complete(iso: Artifact, part: PartialFile, options: FetchOptions): Promise<void> {
  const { session, patience } = options;
  const sha256 = () => part.hash("sha256").digest("hex");
  if (part.size > 0 && sha256() === iso.sha256) return;
  if (part.size === 0) session.progress(`Downloading ${iso.url}`);
  else session.progress(`Downloading the rest of ${iso.url}, after ${formatBytes(part.size)}`);
  const meter = progressMeter(basename(iso.url), session, () => performance.now());
  const fetchRest = () =>
    withRetries(
      patience,
      session.progress,
      () => part.size,
      () => getRest(iso, part, patience, meter.report, session.progress),
    );
  await fetchRest();
  if (sha256() !== iso.sha256 && part.hasSeveralReplies) {
    session.progress("The pieces do not fit together; downloading all of it again");
    part.restart();
    await fetchRest();
  }
  const found = sha256();
  if (found === iso.sha256) return;
  const { size } = part;
  part.remove();
  throw new OperationError(`${iso.url}: these are not the pinned bytes; removed`, {
    details: [
      `  pinned sha256  ${iso.sha256}`,
      `  found          ${found} (${formatBytes(size)})`,
      `They were changed on the way from Fedora, or the lock is wrong (${flotillaCommand("pin")} writes it again)`,
    ],
  });
}

async function getRest(
  { url }: Artifact,
  part: PartialFile,
  { silenceMilliseconds }: Patience,
  report: (done: number, total: number | undefined) => void,
  say: (text: string) => void,
): Promise<void> {
  const { validator } = part;
  const headers = {
    "accept-encoding": "identity",
    ...(part.size > 0 && { range: `bytes=${part.size}-` }),
    ...(part.size > 0 && validator !== undefined && { "if-range": validator }),
  };
  const take = async (reply: Reply): Promise<void> => {
    if (reply.status === 416) {
      // The server has no more bytes: the file is complete if the hash is right.
      part.startReply();
      if (reply.headers.get("content-range") === `bytes */${part.size}`) return;
      part.restart();
      throw new Interruption(`${url} is shorter than the part that was downloaded before`);
    }
    const total = expectedSize(reply, url, part);
    const missing = total === undefined ? 0 : total - part.size;
    if (total !== undefined && total > sizeMax) throw tooLarge(url);
    if (missing > freeBytes(part.path)) throw diskFull(part.path, missing);
    for await (const bytes of reply.body) {
      if (part.size + bytes.length > sizeMax) throw tooLarge(url);
      append(part, bytes, total);
      report(part.size, total);
    }
    if (total !== undefined && part.size < total) {
      throw new Interruption(`${url} ended after ${part.size} of ${total} bytes`);
    }
  };
  await get(url, headers, silenceMilliseconds, take, say);
}

function append(part: PartialFile, bytes: Uint8Array, total: number | undefined): void {
  try {
    part.append(bytes);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    throw diskFull(part.path, total === undefined ? undefined : total - part.size);
  }
}

/** Prepares the partial file for this reply, and returns the size of the whole file. */
function expectedSize(reply: Reply, url: string, part: PartialFile): number | undefined {
  const { status, headers } = reply;
  const tag = headers.get("etag");
  // A weak tag does not promise the same bytes.
  const strong = tag === null || tag.startsWith("W/") ? undefined : tag;
  const validator = strong ?? headers.get("last-modified") ?? undefined;
  if (status === 200) {
    // The first request, a server without ranges, or another file than before.
    part.restart();
    part.keepValidator(validator);
    const length = headers.get("content-length");
    return length === null ? undefined : Number(length);
  }
  if (status !== 206) {
    const remedy =
      status === 404 || status === 410
        ? `Fedora no longer has this build. Pin today's: ${flotillaCommand("pin")}`
        : "Try again later, or get the file by other means: --base <file>";
    throw new OperationError(`${url} answers ${status}. ${remedy}`);
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  const isOther = part.validator !== undefined && part.validator !== validator;
  if (range === null || Number(range[1]) !== part.size || isOther) {
    part.restart();
    throw new Interruption(`${url} sent another part than was requested`);
  }
  part.startReply();
  return range[2] === "*" ? undefined : Number(range[2]);
}

async function checkSignature(
  signature: DetachedSignature,
  part: PartialFile,
  file: string,
): Promise<void> {
  try {
    await signature.check(part.hash(signature.hashName));
  } catch (error) {
    part.remove();
    rmSync(`${file}.sig`, { force: true });
    throw error;
  }
}

function unfinished(
  iso: Artifact,
  part: PartialFile | undefined,
  error: Interruption,
): OperationError {
  const kept =
    part !== undefined && part.size > 0
      ? [
          `The downloaded part (${formatBytes(part.size)}) is kept: run the same command again to continue.`,
        ]
      : [];
  const details = [
    "What could not be downloaded:",
    `  ${iso.url}`,
    `  sha256 ${iso.sha256}`,
    ...kept,
    "Without a network: download this file on another machine, compare its sha256, and name it with",
    `--base <file> (${makeCommand("iso")} … BASE=<file>).`,
  ];
  return new OperationError(error.message, { details, cause: error });
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
}

/** @param missing the bytes still to come, if the server sent their number */
function diskFull(path: string, missing: number | undefined): OperationError {
  const need = missing === undefined ? "" : `${formatBytes(missing)} are needed and `;
  return new OperationError(
    `${path}: the disk is full: ${need}${formatBytes(freeBytes(join(path, "..")))} are free. ` +
      "Free some, or name another folder in $FLOTILLA_CACHE",
  );
}

function tooLarge(url: string): OperationError {
  return new OperationError(`${url}: larger than ${formatBytes(sizeMax)}, so no live ISO`);
}
