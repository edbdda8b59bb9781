/** Refreshes the pins of a fleet's lock: all of them, or some. All or nothing is written. */
import { isDeepStrictEqual } from "node:util";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { formatLock, withPins } from "../../fleet/lock/lock.ts";
import { k3sUpgrade, type ChartPin, type ChartPins, type Pins } from "../../fleet/model/pins.ts";
import { loadLock, saveLock } from "../../fleet/resolve/load.ts";
import type { Session } from "../terminal/session.ts";
import { patience } from "../media/download/transfer.ts";
import { chartPin } from "./chart-pin.ts";
import { coreosPin } from "./coreos-pin.ts";
import { imagePin } from "./image-pin.ts";
import { k3sChannels, k3sPin } from "./k3s-pin.ts";
import type { Asking } from "./source.ts";

export type PinKind = "k3s" | "coreos" | "charts" | "images";

export interface PinOptions {
  /** What to refresh. @default everything */
  readonly only?: { readonly kind: PinKind; readonly name?: string };
  /** The version to pin. @default the newest */
  readonly to?: string;
  readonly stream?: string;
  readonly streamUrl?: string;
  readonly channelsUrl?: string;
}

/** One pin, as it was and as it is. */
export interface PinChange {
  readonly kind: PinKind;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly changed: boolean;
}

export interface PinResult {
  /** Path of the lock. */
  readonly lock: string;
  /** Whether the lock was written. */
  readonly changed: boolean;
  readonly pins: readonly PinChange[];
}

/** @throws InputError or OperationError with everything that failed; then nothing is written */
export async function pin(
  fleetFile: string,
  options: PinOptions,
  session: Session,
): Promise<PinResult> {
  const { lock, files, k3sVersions } = loadLock(fleetFile);
  const { pins: old } = lock;
  const asking: Asking = { patience, say: session.progress };
  const wanted = (kind: PinKind) => options.only === undefined || options.only.kind === kind;
  const work = new Work();
  const k3s = wanted("k3s")
    ? await work.do(old.k3s, () => {
        const { to, channelsUrl = k3sChannels } = options;
        return k3sPin(old.k3s, { to, versions: k3sVersions, channelsUrl }, asking);
      })
    : old.k3s;
  const coreos = wanted("coreos")
    ? await work.do(old.coreos, () => {
        const { to, stream, streamUrl } = options;
        return coreosPin(old.coreos, { to, stream, streamUrl }, asking);
      })
    : old.coreos;
  const charts = wanted("charts") ? await chartPins(old.charts, options, asking, work) : old.charts;
  const imaged = wanted("images")
    ? await imagePins({ ...old, k3s }, k3sVersions, options, asking, work)
    : { k3s, images: old.images };
  work.finish();
  const pins: Pins = { charts, coreos, ...imaged };
  const changed = !isDeepStrictEqual(pins, old);
  saveLock({ files, lockText: formatLock(withPins(lock, pins)), lockChanged: changed });
  const isAsked = ({ kind, name }: PinChange) =>
    wanted(kind) && (options.only?.name ?? name) === name;
  return { lock: files.lockFile, changed, pins: changesOf(old, pins).filter(isAsked) };
}

/** Continues after a failure, so that all of them are reported at once. */
class Work {
  readonly #failures: unknown[] = [];

  async do<Value>(old: Value, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OperationError || error instanceof InputError)) throw error;
      this.#failures.push(error);
      return old;
    }
  }

  /** @throws the failures */
  finish(): void {
    const [first] = this.#failures;
    if (first === undefined) return;
    if (this.#failures.length === 1 && first instanceof InputError) throw first;
    const lines = this.#failures.flatMap((error) => (error as Error).message.split("\n"));
    const [message = "", ...details] = [...new Set(lines), "The lock is not changed."];
    throw new OperationError(message, { details });
  }
}

async function chartPins(
  old: ChartPins,
  { only, to }: PinOptions,
  asking: Asking,
  work: Work,
): Promise<ChartPins> {
  const names = namesOf(Object.keys(old), only?.name, "chart");
  const pins: Record<string, ChartPin> = { ...old };
  for (const name of names) {
    const known = old[name];
    if (known === undefined) continue;
    pins[name] = await work.do(known, () => chartPin(name, known, to, asking));
  }
  return pins as unknown as ChartPins;
}

/** Those of the lock, and those that bring K3s to the devices. */
async function imagePins(
  { k3s, images: old }: Pins,
  k3sVersions: readonly string[],
  { only, to }: PinOptions,
  asking: Asking,
  work: Work,
): Promise<Pick<Pins, "k3s" | "images">> {
  const images: Record<string, string> = { ...old };
  for (const name of namesOf(Object.keys(old), only?.name, "image")) {
    const known = images[name] ?? "";
    images[name] = await work.do(known, () => imagePin(known, to, asking));
  }
  const upgrades = { ...k3s.upgrades };
  for (const release of only?.name === undefined ? new Set(k3sVersions) : []) {
    const known = k3sUpgrade(k3s, release);
    // Without hashes its own pin failed, or was not asked for.
    if (known === undefined) continue;
    const image = await work.do(known.image, () => imagePin(known.image, undefined, asking));
    upgrades[release] = { binary: known.binary, image };
  }
  const hasUpgrades = Object.keys(upgrades).length > 0;
  return {
    images: images as Pins["images"],
    k3s: hasUpgrades ? { ...k3s, upgrades } : k3s,
  };
}

/** @throws OperationError if a name is unknown */
function namesOf(known: readonly string[], name: string | undefined, what: string) {
  if (name === undefined) return known;
  if (known.includes(name)) return [name];
  throw new OperationError(`the lock has no ${what} "${name}". It has: ${known.join(", ")}`);
}

function changesOf(old: Pins, now: Pins): PinChange[] {
  const change = (
    kind: PinKind,
    name: string,
    from: string,
    to: string,
    changed = from !== to,
  ) => ({
    kind,
    name,
    from,
    to,
    changed,
  });
  const ofChart = ({ version, digest }: ChartPin) =>
    digest === undefined ? version : `${version} sha256:${digest}`;
  const releases = Object.keys({ ...old.k3s.upgrades, ...now.k3s.upgrades });
  return [
    change(
      "k3s",
      "K3s",
      old.k3s.version,
      now.k3s.version,
      !isDeepStrictEqual(old.k3s.binary, now.k3s.binary),
    ),
    ...releases.map((release) => {
      const shown = (pins: Pins) => {
        const upgrade = pins.k3s.upgrades?.[release];
        if (upgrade === undefined) return "none";
        return [upgrade.binary.x86_64, upgrade.binary.aarch64, upgrade.image]
          .filter(Boolean)
          .join(" ");
      };
      return change("k3s", `K3s ${release}`, shown(old), shown(now));
    }),
    change("coreos", "Fedora CoreOS", coreosName(old), coreosName(now)),
    ...Object.entries(now.charts).map(([name, pinned]) =>
      change("charts", name, ofChart(old.charts[name] ?? pinned), ofChart(pinned)),
    ),
    ...Object.entries(now.images).map(([name, image]) =>
      change("images", name, old.images[name as keyof Pins["images"]], image),
    ),
  ];
}

function coreosName({ coreos: { stream, release } }: Pins): string {
  return `${stream} ${release}`;
}
