/** Looks for secrets in files, in every encoding that a secret could be written in. */
import { createPrivateKey } from "node:crypto";
import { hubClientAuthority } from "../fleet/keys/authorities.ts";
import { privateKeyPem, signingKey } from "../fleet/keys/certificates/p256.ts";
import { publishingKey } from "../fleet/keys/publishing-key.ts";
import { RootKey } from "../fleet/keys/root-key.ts";
import { deviceSecrets, publicKeys } from "../fleet/keys/secrets.ts";
import { gatewayPrivateKey } from "../fleet/keys/wireguard.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { gatewaysOf } from "../fleet/rules/gateways.ts";

/** By name. */
export type Secrets = ReadonlyMap<string, readonly Buffer[]>;

/** What is derived from the root key and is public. */
const publicPurposes = new Set(["key-id", "serial"]);

/** A root key that remembers what was derived from it, so that a new use is searched for, too. */
class WatchedKey extends RootKey {
  readonly derived = new Map<string, Buffer>();

  override derive(context: readonly (string | number)[], length?: number): Uint8Array {
    const value = super.derive(context, length);
    const [, ...use] = context;
    if (!publicPurposes.has(String(use[0]))) this.derived.set(use.join(" "), Buffer.from(value));
    return value;
  }
}

/**
 * The root key of a fleet and every private value that is derived from it, each by its use:
 * `wireguard store-01 1`.
 */
export function derivedSecrets(fleet: Fleet, keyBytes: Uint8Array): Secrets {
  const key = new WatchedKey(keyBytes);
  publicKeys(fleet, key);
  publishingKey(fleet.name, key);
  hubClientAuthority(fleet, key, fleet.hub.generation);
  for (const { number } of gatewaysOf(fleet)) gatewayPrivateKey(fleet, number, key);
  for (const device of fleet.devices) deviceSecrets(fleet, device, key);
  return new Map([
    ["root key", [Buffer.from(keyBytes)]],
    ...[...key.derived].map(([use, value]) => [use, [value, ...formsOf(value)]] as const),
  ]);
}

/** What a derived value becomes: a WireGuard key, or the private key of a certificate. */
function formsOf(value: Buffer): Buffer[] {
  if (value.length !== 48) {
    const clamped = Buffer.from(value);
    clamped[0] = (clamped[0] ?? 0) & 248;
    clamped[31] = ((clamped[31] ?? 0) & 127) | 64;
    return [clamped];
  }
  const pem = privateKeyPem(signingKey(value));
  const { d = "" } = createPrivateKey(pem).export({ format: "jwk" });
  // The first line of the PEM holds most of the number, at another offset than its own base64.
  const [, line = ""] = pem.split("\n");
  return [Buffer.from(d, "base64url"), Buffer.from(line)];
}

/** The texts that a file with the secret contains one of, read as Latin 1. */
function encodings(secret: Buffer): string[] {
  const base64 = secret.toString("base64");
  const hex = secret.toString("hex");
  const plain = [base64.replace(/=+$/, ""), secret.toString("base64url"), hex];
  return [
    ...plain,
    secret.toString("latin1"),
    hex.toUpperCase(),
    encodeURIComponent(base64),
    // Base64 of a text that contains the secret: the text may start at any of three offsets.
    ...[...plain, secret.toString("latin1")].flatMap((text) =>
      [0, 1, 2].map((offset) =>
        Buffer.from(" ".repeat(offset) + text, "latin1")
          .toString("base64")
          .slice(4, -6),
      ),
    ),
  ];
}

/** Needles are told apart by their first characters, so that a file is read once for all of them. */
const prefixLength = 8;

/** A search that gives `file: secret` for everything that it finds, sorted, each once. */
export function secretSearch(
  secrets: Secrets,
): (files: Iterable<readonly [file: string, content: Buffer | string]>) => string[] {
  const needles = new Map<string, [needle: string, secret: string][]>();
  for (const [name, values] of secrets) {
    for (const needle of values.flatMap(encodings)) {
      if (needle.length < 2 * prefixLength) throw new Error(`${name} is too short to search for`);
      const prefix = needle.slice(0, prefixLength);
      needles.set(prefix, [...(needles.get(prefix) ?? []), [needle, name]]);
    }
  }
  return (files) => {
    const found = new Set<string>();
    for (const [file, content] of files) {
      const text = Buffer.from(content).toString("latin1");
      for (let place = 0; place + prefixLength <= text.length; place++) {
        const candidates = needles.get(text.slice(place, place + prefixLength)) ?? [];
        for (const [needle, name] of candidates) {
          if (text.startsWith(needle, place)) found.add(`${file}: ${name}`);
        }
      }
    }
    return [...found].toSorted();
  };
}
