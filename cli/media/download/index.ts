/** Fedora CoreOS from Fedora: what a fleet is pinned to, checked, from a cache shared by all. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { Architecture } from "../../../fleet/model/device.ts";
import type { Session } from "../../terminal/session.ts";
import { fetchBase } from "./base.ts";
import { fedoraKeys } from "./keys.ts";
import { patience } from "./transfer.ts";
import type { Pins } from "../../../fleet/model/pins.ts";

/**
 * The path of the live ISO that a fleet is pinned to. The first call for a build downloads it, about
 * 1 GB; every later one, for whatever device or fleet, finds it.
 *
 * @throws OperationError where it can't be had, or is not what was pinned and signed
 */
export async function baseFor(
  pins: Pins,
  architecture: Architecture,
  session: Pick<Session, "environment" | "progress" | "redraw">,
): Promise<string> {
  const folder = cacheFolder(session.environment);
  return fetchBase(pins.coreos.iso[architecture], {
    folder,
    keys: fedoraKeys(),
    patience,
    session,
  });
}

/** $FLOTILLA_CACHE, or where this user's caches are (XDG base directories: absolute, or not at all). */
export function cacheFolder(environment: Session["environment"]): string {
  const { FLOTILLA_CACHE: own, XDG_CACHE_HOME: caches } = environment;
  if (own) return resolve(own);
  return join(caches && isAbsolute(caches) ? caches : join(homedir(), ".cache"), "flotilla");
}
