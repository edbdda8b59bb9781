/** Pins a fleet to the build of Fedora CoreOS that a stream offers today. */
import { isDeepStrictEqual } from "node:util";
import { loadLock, saveLock } from "../../../fleet/resolve/load.ts";
import { formatLock, withCoreos } from "../../../fleet/lock/lock.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import type { Session } from "../../terminal/session.ts";
import { coreosPins, streamUrl } from "./stream-metadata.ts";
import { getSmall, Interruption, patience } from "./transfer.ts";

export interface PinResult {
  /** Path of the lock. */
  readonly lock: string;
  readonly stream: string;
  readonly release: string;
  readonly previous: { readonly stream: string; readonly release: string };
  /** Whether the lock was written. */
  readonly changed: boolean;
}

/** The metadata has about 150 KB. */
const metadataSizeMax = 4 * 1024 * 1024;

/**
 * @param options.stream @default the stream that the lock names
 * @param options.streamUrl @default Fedora's own
 * @throws InputError for mistakes in the fleet or the metadata; OperationError if there is none
 */
export async function pinCoreos(
  fleetFile: string,
  options: { readonly stream?: string; readonly streamUrl?: string },
  session: Session,
): Promise<PinResult> {
  const { lock, lockFile } = loadLock(fleetFile);
  const { coreos: old } = lock.pins;
  const stream = options.stream ?? old.stream;
  const url = options.streamUrl ?? streamUrl(stream);
  const coreos = coreosPins(url, await metadataAt(url, session), stream);
  const changed = !isDeepStrictEqual(coreos, old);
  const lockText = formatLock(withCoreos(lock, coreos));
  saveLock({ lockFile, lockText, lockChanged: changed });
  const previous = { stream: old.stream, release: old.release };
  return { lock: lockFile, stream, release: coreos.release, previous, changed };
}

async function metadataAt(url: string, session: Session): Promise<string> {
  const bytes = await getSmall(url, metadataSizeMax, patience, session.progress).catch(
    (error: unknown) => {
      if (!(error instanceof Interruption)) throw error;
      const message = `${error.message}\nThe lock is not changed. Use --stream-url for the copy of a mirror`;
      throw new OperationError(message, { cause: error });
    },
  );
  if (bytes !== undefined) return bytes.toString("utf8");
  throw new OperationError(`${url}: not found. Streams are stable, testing and next`);
}
