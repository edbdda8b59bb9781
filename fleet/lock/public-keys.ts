/**
 * The public keys in the lock: what the state repository needs of the root key, so that CI publishes
 * without it. One line a key, in a block of text: branches that add devices merge, and the lock of
 * 20,000 devices is read four times faster than as a YAML mapping.
 */
import { z } from "zod";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { fleetDevicesMax } from "../model/names.ts";
import { flotillaCommand } from "../model/advised-commands.ts";

/** The key of a device or a gateway. */
export interface LockedKey {
  readonly generation: number;
  /** WireGuard public key in base64. */
  readonly publicKey: string;
}

export interface LockedKeys {
  /** Fingerprint of the publishing key. */
  readonly publishingKeyId: string;
  /** The fleet's root certificate as PEM. */
  readonly rootCertificate: string;
  /** By name of the gateway. */
  readonly gateways: ReadonlyMap<string, LockedKey>;
  /** By name of the device. */
  readonly devices: ReadonlyMap<string, LockedKey>;
  /** Absent where no device needs it. */
  readonly hubStatement?: LockedStatement | undefined;
}

/** That the hub has a generation of its keys, signed by the authority of that generation. */
export interface LockedStatement {
  readonly generation: number;
  /** In base64. */
  readonly signature: string;
}

/** The blocks of lines; the names are keys of the lock. */
export const keyLists = ["gateways", "devices"] as const;
export type KeyList = (typeof keyLists)[number];

/** How to restore public keys, for messages. */
export const restoreKeys = () =>
  `Run ${flotillaCommand("synth")} with the root key, and commit the lock.`;

export const publicKeysSchema = z.strictObject({
  publishingKeyId: z.string().regex(/^[0-9a-f]{16}$/, {
    error: "this is not a valid fingerprint. Write 16 lower-case hexadecimal digits.",
  }),
  rootCertificate: z.string(),
  gateways: z.string(),
  devices: z.string(),
  hubStatement: z
    .string()
    .regex(/^[1-9][0-9]? [A-Za-z0-9+/]{80,100}={0,2}$/, {
      error: () =>
        `expected a generation and a signature in base64. Delete this line. ${restoreKeys()}`,
    })
    .optional(),
});

type WrittenKeys = z.output<typeof publicKeysSchema>;

/** More lines are not read: as many removed devices as there are devices can have one. */
const linesMax = 2 * fleetDevicesMax;
/** More mistakes of a damaged block do not help. */
const mistakesMax = 20;

/** @returns the keys, and the mistakes of the text; lines with a mistake are not in the keys */
export function parsePublicKeys(
  source: Source,
  written: WrittenKeys,
): { readonly keys: LockedKeys; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const holders = new Map<string, string>();
  const read = (list: KeyList) => {
    const lines = written[list] === "" ? [] : written[list].trimEnd().split("\n");
    const place = lineMistakes(source, list);
    const keys = new Map<string, LockedKey>();
    if (lines.length > linesMax) {
      mistakes.push(place(0, `more than ${linesMax} lines. ${deleteSection()}`));
      return keys;
    }
    for (const [index, line] of lines.entries()) {
      if (mistakes.length >= mistakesMax) break;
      const problem = addLine(keys, holders, line);
      if (problem !== undefined) mistakes.push(place(index, problem));
    }
    return keys;
  };
  const { publishingKeyId, rootCertificate, hubStatement } = written;
  const [gateways, devices] = [read("gateways"), read("devices")];
  const keys: LockedKeys = {
    publishingKeyId,
    rootCertificate,
    gateways,
    devices,
    ...(hubStatement !== undefined && { hubStatement: statementOf(hubStatement) }),
  };
  return { keys, mistakes };
}

function statementOf(written: string): LockedStatement {
  const [generation = "", signature = ""] = written.split(" ");
  return { generation: Number(generation), signature };
}

const deleteSection = () => `Delete publicKeys from the lock. ${restoreKeys()}`;
const deleteLine = () => `Delete the line. ${restoreKeys()}`;

const form = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?) ([1-9][0-9]{0,8}) ([A-Za-z0-9+/]{43}=)$/;

/** Adds the key of a line; returns what is wrong with it. */
function addLine(
  keys: Map<string, LockedKey>,
  holders: Map<string, string>,
  line: string,
): string | undefined {
  const [, name = "", generation = "", publicKey = ""] = form.exec(line) ?? [];
  if (name === "" || !isKey(publicKey)) {
    // At most a token of it: what is here by mistake may be a secret.
    const [first = ""] = line.split(" ", 1);
    return `expected a name, a generation and a public key of 32 bytes in base64, found a line that starts with ${JSON.stringify(first.slice(0, 20))}. ${deleteLine()}`;
  }
  if (keys.has(name)) return `${name} appears twice. ${deleteLine()}`;
  const holder = holders.get(publicKey);
  if (holder !== undefined) return `${name} has the public key of ${holder}. ${deleteLine()}`;
  holders.set(publicKey, name);
  keys.set(name, { generation: Number(generation), publicKey });
  return undefined;
}

/** Base64 of 32 bytes with nothing in the last bits, and not the zeros of an empty key. */
function isKey(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return (
    bytes.length === 32 && bytes.toString("base64") === text && bytes.some((byte) => byte !== 0)
  );
}

/** A function that makes mistakes at the lines of a block. */
function lineMistakes(source: Source, list: KeyList): (index: number, message: string) => Mistake {
  const path = ["publicKeys", list];
  let block: ReturnType<Source["blockPlace"]> | undefined | null = null;
  return (index, message) => {
    block = block === null ? source.blockPlace(path) : block;
    const mistake = source.mistake(path, message);
    if (block === undefined) return mistake;
    return { ...mistake, line: block.line + index, column: block.column };
  };
}

/** A mistake at the line of a key, or at its list if there is no such line. */
export function keyMistake(source: Source, list: KeyList, name: string, message: string): Mistake {
  const written = (source.value as { publicKeys?: Partial<WrittenKeys> }).publicKeys?.[list] ?? "";
  const index = written.split("\n").findIndex((line) => line.startsWith(`${name} `));
  return index < 0
    ? source.mistake(["publicKeys", list], message)
    : lineMistakes(source, list)(index, message);
}

/** As the lock has them: sorted by name. */
export function formatPublicKeys(keys: LockedKeys): WrittenKeys {
  const { publishingKeyId, rootCertificate, gateways, devices, hubStatement: statement } = keys;
  return {
    publishingKeyId,
    rootCertificate,
    gateways: linesOf(gateways),
    devices: linesOf(devices),
    ...(statement && { hubStatement: `${statement.generation} ${statement.signature}` }),
  };
}

function linesOf(keys: ReadonlyMap<string, LockedKey>): string {
  return [...keys]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { generation, publicKey }]) => `${name} ${generation} ${publicKey}\n`)
    .join("");
}
