/**
 * fleet.lock.yaml: what is allocated (tunnel addresses), pinned (versions) or derived from the root key
 * (public keys). It makes every synthesis repeatable and devices independent: adding or removing one
 * never changes another one's address.
 *
 * An address stays with its device's name. When the device is removed, the address is retired and
 * not reused, so that an old image never gets another device's address. `pruned` frees retired
 * addresses.
 */
import { stringify } from "yaml";
import { z } from "zod";
import { shellWord } from "../model/shell-word.ts";
import { fleetDevicesMax } from "../model/names.ts";
import { formatAddress, knownRange, parseAddress, rangeContains } from "../model/addresses.ts";
import { check, inOrder, valueAt } from "../grammar/check.ts";
import { deviceCapacity, isGatewayAddress, isReserved } from "../rules/gateways.ts";
import { InputError, type Mistake } from "../grammar/mistakes.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import { withLongSections, withoutLongSections, type LongSections } from "./long-sections.ts";
import {
  formatPublicKeys,
  parsePublicKeys,
  publicKeysSchema,
  type LockedKeys,
} from "./public-keys.ts";
import { imagePattern, type ChartPins, type Pins } from "../model/pins.ts";
import { sortedCharts, startingCharts, startingPins } from "./pins.ts";
import { parseSource, type Source } from "../grammar/source.ts";
import { yamlBytesMax } from "../grammar/yaml-guard.ts";
import { flotillaCommand } from "../model/advised-commands.ts";

/** Increased when an older Flotilla could not read the lock. */
const lockFormat = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, {
  error: "this is not a valid SHA-256. Write 64 lower-case hexadecimal digits.",
});
const artifact = z.strictObject({ url: z.string(), sha256 });
const artifacts = z.strictObject({ x86_64: artifact, aarch64: artifact });
const chart = z.strictObject({
  repository: z.string(),
  version: z.string(),
  digest: sha256.optional(),
});
const image = z.string().regex(imagePattern, {
  error:
    "this is not a valid image. Write registry/name:tag, or registry/name:tag@sha256: and 64 hexadecimal digits.",
});
const upgrade = z.strictObject({
  binary: z.strictObject({ x86_64: sha256, aarch64: sha256 }),
  image: image.optional(),
});
const addressBook = z.record(z.string(), z.string()).default({});

/** An older lock without a chart gets today's version; a chart of an unknown add-on is kept. */
const chartsSchema = (starting: ChartPins) =>
  z
    .object(
      Object.fromEntries(Object.entries(starting).map(([name, pin]) => [name, chart.default(pin)])),
    )
    .catchall(chart)
    .transform((charts) => sortedCharts(charts as unknown as ChartPins));

const lockSchema = (starting: ChartPins) =>
  z.strictObject({
    lock: z.literal(lockFormat),
    fleet: z.string(),
    keyId: z.string().optional(),
    pins: z.strictObject({
      k3s: z.strictObject({
        version: z.string(),
        binary: artifacts,
        upgrades: z.record(z.string(), upgrade).optional(),
      }),
      coreos: z.strictObject({ stream: z.string(), release: z.string(), iso: artifacts }),
      charts: chartsSchema(starting),
      images: z
        .strictObject({
          tunnel: image,
          proxy: image,
          metrics: image,
          node: image,
          // An older lock without it gets today's version.
          agent: image.default(startingPins.images.agent),
          upgrades: image.default(startingPins.images.upgrades),
        })
        .default(startingPins.images),
    }),
    tunnel: z.strictObject({ range: z.string(), addresses: addressBook, retired: addressBook }),
    publicKeys: publicKeysSchema.optional(),
  });

export interface Lock {
  /** Name of its fleet. */
  readonly fleet: string;
  /** Fingerprint of the fleet's root key; absent before the first use of a key. */
  readonly keyId?: string;
  readonly pins: Pins;
  readonly tunnel: {
    readonly range: string;
    /** Tunnel address by device name. */
    readonly addresses: Readonly<Record<string, string>>;
    /** Addresses of removed devices. */
    readonly retired: Readonly<Record<string, string>>;
  };
  /** Absent before the first synthesis with the root key, and in locks of older versions. */
  readonly publicKeys?: LockedKeys;
}

/** @param addons whose charts are pinned; @default none, for what does not install any */
export function emptyLock(
  fleet: string,
  range: string,
  addons: readonly AddonDeclaration[] = [],
): Lock {
  const { k3s, coreos, images } = startingPins;
  const pins = { k3s, coreos, charts: startingCharts(addons), images };
  return { fleet, pins, tunnel: { range, addresses: {}, retired: {} } };
}

/**
 * The K3s release that a lock pins, before the lock is checked; that of a new fleet if the lock is
 * missing or damaged. Only the section `pins` is parsed: the lock of a large fleet is long.
 */
export function pinnedK3s(read: () => string | undefined): string {
  try {
    const [section = ""] = /^pins:.*\n(?:[ #\r].*\n?|\n)*/m.exec(read() ?? "") ?? [];
    const version = valueAt(parseSource("pins", section).value, ["pins", "k3s", "version"]);
    return typeof version === "string" ? version : startingPins.k3s.version;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return startingPins.k3s.version;
  }
}

/**
 * @param addons whose charts are pinned; @default none, for what does not install any
 * @throws InputError if the text is not a valid lock of this fleet.
 */
export function parseLock(
  file: string,
  text: string,
  fleet: string,
  range: string,
  addons: readonly AddonDeclaration[] = [],
): Lock {
  const short = withoutLongSections(text);
  if (short !== undefined) {
    try {
      return readLock(parseSource(file, short.text), fleet, range, addons, short);
    } catch (error) {
      // Read again below: the mistakes of the whole text have the right places.
      if (!(error instanceof InputError)) throw error;
    }
  }
  const source = damaged(file, () => parseSource(file, text, yamlBytesMax));
  return readLock(source, fleet, range, addons);
}

/** @param sections those that are not in the source. They are valid: their form says it. */
function readLock(
  source: Source,
  fleet: string,
  range: string,
  addons: readonly AddonDeclaration[],
  sections?: LongSections,
): Lock {
  const { file } = source;
  const format = valueAt(source.value, ["lock"]);
  if (typeof format === "number" && format > lockFormat) {
    const message = "this lock was written by a newer version of Flotilla. Update Flotilla.";
    throw new InputError([source.mistake(["lock"], message)]);
  }
  const {
    lock: _version,
    keyId,
    publicKeys: short,
    ...checked
  } = damaged(file, () => check(source, lockSchema(startingCharts(addons))));
  const rest = { ...checked, tunnel: { ...checked.tunnel, ...sections?.tunnel } };
  const written = short && { ...short, ...sections?.publicKeys };
  const publicKeys = written && parsePublicKeys(source, written);
  const lock: Lock = {
    ...rest,
    ...(keyId !== undefined && { keyId }),
    ...(publicKeys !== undefined && { publicKeys: publicKeys.keys }),
  };
  const mistakes = [...lockMistakes(source, lock, fleet, range), ...(publicKeys?.mistakes ?? [])];
  if (mistakes.length > 0) throw new InputError(inOrder(mistakes));
  return lock;
}

/** The lock is a generated file: for any mistake in it the fix is the same. */
function damaged<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const conflict = error.mistakes.some(({ message }) => message.includes("conflict markers"));
    const remedy = conflict
      ? `After a merge, run: git checkout --theirs ${shellWord(file)}. Then run ${flotillaCommand("synth")}, which allocates missing addresses.`
      : `Restore the last good version from Git: git checkout ${shellWord(file)}`;
    throw new InputError([...error.mistakes, { file, message: remedy }]);
  }
}

function lockMistakes(source: Source, lock: Lock, fleet: string, range: string): Mistake[] {
  if (lock.fleet !== fleet) {
    const message = `this lock belongs to the fleet "${lock.fleet}", and the name in the fleet file is "${fleet}". A fleet cannot be renamed: its keys and names are derived from its name. Write the old name, or delete the lock for a new fleet.`;
    return [source.mistake(["fleet"], message)];
  }
  if (lock.tunnel.range !== range) {
    const message = `tunnel addresses were allocated from ${lock.tunnel.range}, and the range in the fleet file is ${range}. With another range every device gets another address and needs a new image. Write the old range, or delete the lock to start again.`;
    return [source.mistake(["tunnel", "range"], message)];
  }
  return addressMistakes(source, lock);
}

function addressMistakes(source: Source, lock: Lock): Mistake[] {
  const addressesMax = 2 * fleetDevicesMax;
  const { addresses, retired } = lock.tunnel;
  if (Object.keys(addresses).length + Object.keys(retired).length > addressesMax) {
    const message = `this lock has more than ${addressesMax} addresses. Delete the retired ones.`;
    return [source.mistake(["tunnel", "addresses"], message)];
  }
  const mistakes: Mistake[] = [];
  const holders = new Map<number, string>();
  const range = knownRange(lock.tunnel.range);
  for (const list of ["addresses", "retired"] as const) {
    for (const [name, text] of Object.entries(lock.tunnel[list])) {
      const address = parseAddress(text);
      const path = ["tunnel", list, name];
      if (address === undefined || !rangeContains(range, address)) {
        const message = `"${text}" is not an address of ${lock.tunnel.range}. Delete the line: the next synth allocates an address.`;
        mistakes.push(source.mistake(path, message));
        continue;
      }
      if (isGatewayAddress(lock.tunnel.range, address)) {
        const message = `${text} is the address of a gateway. Delete the line: the next synth allocates an address.`;
        mistakes.push(source.mistake(path, message));
      }
      const holder = holders.get(address);
      if (holder !== undefined) {
        const message = `${text} is already used by ${holder}. Delete the line of the device that has no image yet: the next synth allocates an address.`;
        mistakes.push(source.mistake(path, message));
      }
      holders.set(address, name);
    }
  }
  return mistakes;
}

/** The lock's text. It is sorted, so that two branches that add devices rarely conflict. */
export function formatLock(lock: Lock): string {
  const { fleet, keyId, pins, tunnel, publicKeys } = lock;
  const keys = publicKeys && formatPublicKeys(publicKeys);
  const addresses = sorted(tunnel.addresses);
  const retired = sorted(tunnel.retired);
  const body = {
    lock: lockFormat,
    fleet,
    ...(keyId === undefined ? {} : { keyId }),
    pins,
    tunnel: { range: tunnel.range, addresses, retired },
    ...(keys !== undefined && { publicKeys: keys }),
  };
  const { gateways = "", devices = "" } = keys ?? {};
  const short = {
    ...body,
    tunnel: { ...body.tunnel, addresses: {}, retired: {} },
    ...(keys !== undefined && { publicKeys: { ...keys, gateways: "", devices: "" } }),
  };
  const head =
    "# Written by flotilla: what was allocated and pinned. Commit it beside the fleet file.\n";
  // With the library that reads it: other libraries do not quote a key ID like 4e12345678901234.
  const write = (value: object) =>
    stringify(value, { aliasDuplicateObjects: false, lineWidth: 0, singleQuote: true });
  const sections = { tunnel: { addresses, retired }, publicKeys: { gateways, devices } };
  return head + (withLongSections(write(short), sections) ?? write(body));
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The tunnel's range is too small: how many addresses it has, and how many devices need one. */
export interface Exhausted {
  readonly capacity: number;
  readonly wanted: number;
}

/**
 * The lock with an address for each of `names`: in their order, from the lowest that was never
 * used. Addresses of other names are retired. A name that comes back gets its old address.
 */
export function allocate(lock: Lock, names: readonly string[]): Lock | Exhausted {
  const wanted = new Set(names);
  const known = { ...lock.tunnel.retired, ...lock.tunnel.addresses };
  const used = new Set(Object.values(known));
  const { range } = lock.tunnel;
  const { first, last } = knownRange(range);
  let next = first;
  const addresses: Record<string, string> = {};
  for (const name of wanted) {
    const old = known[name];
    if (old !== undefined) {
      addresses[name] = old;
      continue;
    }
    while (used.has(formatAddress(next)) || isReserved(range, next)) next++;
    if (next > last) return { capacity: deviceCapacity(range), wanted: wanted.size };
    addresses[name] = formatAddress(next++);
  }
  const retired = Object.fromEntries(Object.entries(known).filter(([name]) => !wanted.has(name)));
  return { ...lock, tunnel: { ...lock.tunnel, addresses, retired } };
}

/** The lock without retired addresses: new devices may get them. */
export function pruned(lock: Lock): Lock {
  return { ...lock, tunnel: { ...lock.tunnel, retired: {} } };
}

/** The lock with other pins. */
export function withPins(lock: Lock, pins: Partial<Pins>): Lock {
  return { ...lock, pins: { ...lock.pins, ...pins } };
}
