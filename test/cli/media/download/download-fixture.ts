/** What the tests of the download share: a small ISO, keys, and a call with little patience. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createMessage, generateKey, reformatKey, sign, type PrivateKey } from "openpgp";
import { expect } from "vitest";
import { fetchIso } from "../../../../cli/media/download/iso-download.ts";
import type { TrustedKey } from "../../../../cli/media/download/fedora-keys.ts";
import { file, serve, type Answer, type Origin } from "./loopback.ts";

export const sizeBytes = 300_000;
export const iso = Buffer.alloc(sizeBytes, "Fedora CoreOS, as it were. ");
export const other = Buffer.alloc(sizeBytes, "Something else altogether. ");
export const sha256 = createHash("sha256").update(iso).digest("hex");
export const name = "fedora-coreos-44.20260707.3.1-live-iso.x86_64.iso";

const ours = await newKey("Fedora 99");
const stranger = await newKey("Stranger");

export const trustedKey = ours.trusted;
export const signature = await signed(iso, ours.key);
export const otherSignature = await signed(other, ours.key);
export const strangersSignature = await signed(iso, stranger.key);

async function newKey(owner: string): Promise<{ key: PrivateKey; trusted: TrustedKey }> {
  const { privateKey } = await generateKey({
    userIDs: [{ name: owner }],
    // Made in the past: a key must be older than what it signs.
    date: new Date("2020-01-01"),
    format: "object",
  });
  const fingerprint = privateKey.getFingerprint().toUpperCase();
  const armored = privateKey.toPublic().armor();
  return { key: privateKey, trusted: { name: owner, fingerprint, armored } };
}

/** The key as its owner publishes it when it has expired before it signed. */
export async function expiredKey(): Promise<TrustedKey> {
  const { privateKey } = await reformatKey({
    privateKey: ours.key,
    userIDs: [{ name: "Fedora 99" }],
    date: new Date("2020-01-01"),
    keyExpirationTime: 86_400,
    format: "object",
  });
  return { ...ours.trusted, armored: privateKey.toPublic().armor() };
}

/** The signature of the ISO at another time. */
export const signedOn = (day: string) => signed(iso, ours.key, day);

async function signed(bytes: Uint8Array, key: PrivateKey, day = "2020-02-01"): Promise<Buffer> {
  const message = await createMessage({ binary: new Uint8Array(bytes) });
  const date = new Date(day);
  const options = { message, signingKeys: key, detached: true, date } as const;
  return Buffer.from((await sign({ ...options, format: "binary" })) as Uint8Array);
}

export interface Outcome {
  readonly path?: string;
  readonly error?: string;
  readonly progress: string;
}

/** Asks for the ISO as a command would, with little patience. */
export async function fetchFrom(
  url: string,
  cache: string,
  silenceMilliseconds = 5_000,
  key: TrustedKey = trustedKey,
): Promise<Outcome> {
  const lines: string[] = [];
  const options = {
    folder: cache,
    keys: [key],
    patience: { silenceMilliseconds, retryDelaysMilliseconds: [1, 2, 3] },
    session: { progress: (line: string) => void lines.push(line) },
  };
  try {
    const path = await fetchIso({ url, sha256 }, options);
    return { path, progress: lines.join("\n") };
  } catch (error) {
    expect(error).toHaveProperty("name", "OperationError");
    return { error: (error as Error).message, progress: lines.join("\n") };
  }
}

export const place = `/builds/${name}`;

export function serveIso(
  answers: Answer | readonly Answer[],
  sig: Answer = file(signature),
): Promise<Origin> {
  return serve({ [place]: answers, [`${place}.sig`]: sig });
}

export const isoVisits = (origin: Origin) => origin.visits.filter(({ path }) => path === place);

/** Comparing 300,000 bytes one by one takes a second. */
export const isIso = (path: string | undefined) => readFileSync(path ?? "").equals(iso);

/** What is left in the cache, by file name. */
export function contents(cache: string): string[] {
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();
}
