/**
 * The public keys of a fleet: made with the root key and compared with the lock, or read from the lock
 * where the root key is not available.
 */
import { X509Certificate } from "node:crypto";
import { InputError, type Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { publishingKey, publishingKeyId } from "../keys/publishing-key.ts";
import type { RootKey } from "../keys/root-key.ts";
import { publicKeys } from "../keys/secrets.ts";
import type { Lock } from "../lock/lock.ts";
import {
  keyLists,
  keyMistake,
  restoreKeys,
  type KeyList,
  type LockedKey,
  type LockedKeys,
} from "../lock/public-keys.ts";
import type { Fleet } from "../model/fleet.ts";
import type { Remember } from "../model/remember.ts";
import type { PublicKeys } from "../model/secrets.ts";
import { gatewaysOf } from "../rules/gateways.ts";
import { needsHubStatement } from "../rules/hub-statement.ts";
import type { Declaration } from "./declaration.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import { flotillaCommand } from "../model/advised-commands.ts";

/** The lock as it was read, with the places of its lines. */
export interface ReadLock {
  readonly lock: Lock;
  /** Reads it again: only mistakes need the places. */
  readonly source: () => Source;
}

/** The public keys for the syntheses, and as the lock has them. */
export interface KnownKeys {
  readonly publicKeys: PublicKeys;
  readonly locked: LockedKeys;
}

/**
 * The public keys, made with the root key.
 *
 * @param remember finds those of earlier runs with the same root key
 * @throws InputError with every key of the lock that the root key does not make
 */
export function madeKeys(
  fleet: Fleet,
  key: RootKey,
  read: ReadLock,
  remember?: Remember,
): KnownKeys {
  const made = publicKeys(fleet, key, remember);
  const generations = new Map(fleet.devices.map(({ name, generation }) => [name, generation]));
  const locked: LockedKeys = {
    publishingKeyId: publishingKeyId(publishingKey(fleet.name, key)),
    rootCertificate: made.rootCertificate,
    gateways: new Map(
      gatewaysOf(fleet).map(({ name, number }) => [
        name,
        { generation: fleet.hub.generation, publicKey: made.gateways.get(number) ?? "" },
      ]),
    ),
    devices: new Map(
      [...made.devices].map(([name, publicKey]) => [
        name,
        { generation: generations.get(name) ?? 1, publicKey },
      ]),
    ),
    ...(made.hubStatement !== null && {
      hubStatement: { generation: fleet.hub.generation, signature: made.hubStatement },
    }),
  };
  const mistakes = foreignKeys(fleet, locked, read);
  if (mistakes.length > 0) throw new InputError(mistakes);
  return { publicKeys: made, locked };
}

/** The keys of the lock that the root key does not make. Those of removed devices are not checked. */
function foreignKeys(fleet: Fleet, made: LockedKeys, { lock, source }: ReadLock): Mistake[] {
  const old = lock.publicKeys;
  if (old === undefined) return [];
  const found: ((of: Source) => Mistake)[] = [];
  const foreign = "does not belong to the root key";
  const fix = `Restore the lock from Git, or delete publicKeys from it and run ${flotillaCommand("synth")}.`;
  if (old.publishingKeyId !== made.publishingKeyId) {
    const message = `the fingerprint of the publishing key ${foreign}. ${fix}`;
    found.push((of) => of.mistake(["publicKeys", "publishingKeyId"], message));
  }
  // With another validity of the certificates it is made again.
  const isOutdated =
    certificateProblem(fleet, old.rootCertificate) === "validity" &&
    hasKeyOf(old.rootCertificate, made.rootCertificate);
  if (old.rootCertificate !== made.rootCertificate && !isOutdated) {
    const message = `this certificate ${foreign}. ${fix}`;
    found.push((of) => of.mistake(["publicKeys", "rootCertificate"], message));
  }
  for (const list of keyLists) {
    for (const [name, { generation, publicKey }] of old[list]) {
      const right = made[list].get(name);
      if (right?.generation !== generation || right.publicKey === publicKey) continue;
      const message = `the public key of ${name} ${foreign}. ${fix}`;
      found.push((of) => keyMistake(of, list, name, message));
    }
  }
  const [written, right] = [old.hubStatement, made.hubStatement];
  if (written?.generation === right?.generation && written?.signature !== right?.signature) {
    const message = `this signature ${foreign}. ${fix}`;
    found.push((of) => of.mistake(["publicKeys", "hubStatement"], message));
  }
  if (found.length === 0) return [];
  const places = source();
  return found.map((mistake) => mistake(places));
}

function hasKeyOf(certificate: string, other: string): boolean {
  const key = (pem: string) => parsed(pem)?.publicKey.export({ type: "spki", format: "der" });
  const [own, wanted] = [key(certificate), key(other)];
  return own !== undefined && wanted !== undefined && own.equals(wanted);
}

/**
 * The public keys of the lock; undefined if it has none yet.
 *
 * @throws InputError with every line of the fleet file whose devices have no key in the lock
 */
export function lockedKeys(
  declaration: Declaration,
  fleet: Fleet,
  { lock, source }: ReadLock,
): KnownKeys | undefined {
  const keys = lock.publicKeys;
  if (keys === undefined) return undefined;
  const locked = remaining(fleet, keys);
  const mistakes = [
    ...certificateMistakes(declaration, fleet, keys, source),
    ...missingGateways(fleet, locked, source),
    ...missingStatement(fleet, locked, source),
    ...missingDevices(declaration, locked),
  ];
  if (mistakes.length > 0) throw new InputError(mistakes);
  const gateways = gatewaysOf(fleet).map(
    ({ name, number }) => [number, locked.gateways.get(name)?.publicKey ?? ""] as const,
  );
  const devices = [...locked.devices].map(([name, { publicKey }]) => [name, publicKey] as const);
  return {
    publicKeys: {
      rootCertificate: keys.rootCertificate,
      gateways: new Map(gateways),
      devices: new Map(devices),
      hubStatement: locked.hubStatement?.signature ?? null,
    },
    locked,
  };
}

/** The keys of the gateways and devices that the fleet has, of their current generation. */
function remaining(fleet: Fleet, keys: LockedKeys): LockedKeys {
  const dialling = fleet.devices.filter(({ connectivity }) => connectivity === "gateway");
  const wanted: Readonly<Record<KeyList, readonly (readonly [string, number])[]>> = {
    gateways: gatewaysOf(fleet).map(({ name }) => [name, fleet.hub.generation]),
    devices: dialling.map(({ name, generation }) => [name, generation]),
  };
  const kept = (list: KeyList) =>
    new Map(
      wanted[list].flatMap(([name, generation]): [string, LockedKey][] => {
        const key = keys[list].get(name);
        return key?.generation === generation ? [[name, key]] : [];
      }),
    );
  const { hubStatement: statement, ...others } = keys;
  const isPresent = needsHubStatement(fleet) && statement?.generation === fleet.hub.generation;
  return {
    ...others,
    gateways: kept("gateways"),
    devices: kept("devices"),
    ...(isPresent && { hubStatement: statement }),
  };
}

function certificateMistakes(
  { source: fleetFile }: Declaration,
  fleet: Fleet,
  { rootCertificate }: LockedKeys,
  lock: () => Source,
): Mistake[] {
  const problem = certificateProblem(fleet, rootCertificate);
  if (problem === undefined) return [];
  if (problem === "validity") {
    const message = `the root certificate in the lock has another validity. ${restoreKeys()}`;
    return [fleetFile.mistake(["certificates"], message)];
  }
  const message = `this is not the root certificate of the fleet ${fleet.name}. ${restoreKeys()}`;
  return [lock().mistake(["publicKeys", "rootCertificate"], message)];
}

/** Whether the text is one certificate, signed by itself, of this fleet and with its validity. */
function certificateProblem(fleet: Fleet, pem: string): "text" | "validity" | undefined {
  const certificate = parsed(pem);
  const subject = `O=${fleet.name}\nCN=fleet-root`;
  const isOwn =
    certificate !== undefined &&
    certificate.toString() === pem &&
    certificate.subject === subject &&
    certificate.issuer === subject &&
    certificate.ca &&
    certificate.verify(certificate.publicKey);
  if (!isOwn) return "text";
  const { notBefore, notAfter } = fleet.certificates;
  const isValid =
    Date.parse(certificate.validFrom) === Date.parse(notBefore) &&
    Date.parse(certificate.validTo) === Date.parse(notAfter);
  return isValid ? undefined : "validity";
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function missingGateways(fleet: Fleet, locked: LockedKeys, lock: () => Source): Mistake[] {
  const missing = gatewaysOf(fleet).filter(({ name }) => !locked.gateways.has(name));
  return missing.map(({ name }) => {
    const { generation } = fleet.hub;
    const message = `the public key of the ${name} of the hub's generation ${generation} is missing. ${restoreKeys()}`;
    return lock().mistake(["publicKeys", "gateways"], message);
  });
}

function missingStatement(fleet: Fleet, locked: LockedKeys, lock: () => Source): Mistake[] {
  if (!needsHubStatement(fleet) || locked.hubStatement !== undefined) return [];
  const message = `the signed statement about the hub's generation ${fleet.hub.generation} is missing. ${restoreKeys()}`;
  return [lock().mistake(["publicKeys"], message)];
}

/** One mistake a line of the fleet file: a range may have hundreds of new devices. */
function missingDevices({ source, devices }: Declaration, locked: LockedKeys): Mistake[] {
  const missing = devices.filter(
    ({ name, connectivity }) => connectivity === "gateway" && !locked.devices.has(name),
  );
  const lines = new Map<string, { readonly first: DeclaredDevice; count: number }>();
  for (const device of missing) {
    const line = JSON.stringify(device.path);
    const known = lines.get(line) ?? { first: device, count: 0 };
    known.count += 1;
    lines.set(line, known);
  }
  return [...lines.values()].map(({ first: { name, generation, path }, count }) => {
    const more = count === 2 ? "1 more device" : `${count - 1} more devices`;
    const others = count === 1 ? "" : ` (like ${more} on this line)`;
    const message = `${name} has no public key of generation ${generation} in the lock${others}. ${restoreKeys()}`;
    return source.keyMistake(path, message);
  });
}
