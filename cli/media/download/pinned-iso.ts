/** The live ISO that a fleet is pinned to, from a cache that all fleets of a user share. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { Architecture } from "../../../fleet/model/device.ts";
import type { Session } from "../../terminal/session.ts";
import { fetchIso } from "./iso-download.ts";
import { fedoraKeys } from "./fedora-keys.ts";
import { patience } from "./transfer.ts";
import type { Pins } from "../../../fleet/model/pins.ts";

/**
 * The path of the ISO. The first call for a build downloads it, about 1 GB; later calls, for any
 * device or fleet, find it.
 *
 * @throws OperationError if it can't be downloaded, or is not what was pinned and signed
 */
export async function pinnedIso(
  pins: Pins,
  architecture: Architecture,
  session: Pick<Session, "environment" | "progress" | "redraw">,
): Promise<string> {
  const folder = cacheFolder(session.environment);
  return fetchIso(pins.coreos.iso[architecture], {
    folder,
    keys: fedoraKeys(),
    patience,
    session,
  });
}

/** $FLOTILLA_CACHE, or this user's cache folder (XDG base directories: only absolute paths count). */
export function cacheFolder(environment: Session["environment"]): string {
  const { FLOTILLA_CACHE: own, XDG_CACHE_HOME: caches } = environment;
  if (own) return resolve(own);
  return join(caches && isAbsolute(caches) ? caches : join(homedir(), ".cache"), "flotilla");
}
