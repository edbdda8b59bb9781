/**
 * The root key, from which every secret of the fleet is derived.
 *
 * All secrets are derived from 32 bytes with HKDF-SHA256 (RFC 5869), so there is no database of
 * secrets: the same key and the same fleet give the same secrets on any machine.
 *
 *   secret = HKDF-SHA256(key = root key, salt = "flotilla/1", info = JSON [fleet, purpose, …])
 *
 * JSON separates the parts of `info`: two different lists never have the same text. The derivations
 * are a contract with every device in the field; test/fleet/keys/ pins them.
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

const rootKeyBytes = 32;

const marker = "flotilla-root-key-1:";

/** Called with the root key and with everything that is derived from it. */
type SecretWatcher = (bytes: Uint8Array, isRoot: boolean) => void;

let watcher: SecretWatcher | undefined;

/** For the mask of what is printed: it must know each secret that this process knows. */
export function watchSecrets(watch: SecretWatcher): void {
  watcher = watch;
}

/** The root key. It cannot be printed by accident: it has no visible properties. */
export class RootKey {
  /** The result of HKDF's extract step (RFC 5869, section 2.2), the same for every use. */
  readonly #extracted: KeyObject;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== rootKeyBytes) throw new Error(`a root key has ${rootKeyBytes} bytes`);
    watcher?.(bytes, true);
    this.#extracted = createSecretKey(createHmac("sha256", "flotilla/1").update(bytes).digest());
  }

  /** `length` bytes for one use, which `context` identifies: fleet, purpose and so on. */
  derive(context: readonly (string | number)[], length = 32): Uint8Array {
    const info = JSON.stringify(context);
    const blocks: Buffer[] = [];
    // RFC 5869, section 2.3. node:crypto's hkdfSync would repeat the extract step for each key.
    while (blocks.length * 32 < length) {
      const mac = createHmac("sha256", this.#extracted).update(blocks.at(-1) ?? "");
      blocks.push(
        mac
          .update(info)
          .update(Uint8Array.of(blocks.length + 1))
          .digest(),
      );
    }
    const derived = new Uint8Array(Buffer.concat(blocks).subarray(0, length));
    watcher?.(derived, false);
    return derived;
  }

  toJSON(): string {
    return "[root key]";
  }
}

/** The text of a key file: one line with a marker that secret scanners can find. */
export function formatRootKey(bytes: Uint8Array): string {
  return `${marker}${Buffer.from(bytes).toString("base64url")}\n`;
}

/** Whether a file that must not be secret has a root key in it, under any name. */
export function containsRootKey(contents: string | Uint8Array): boolean {
  return typeof contents === "string"
    ? contents.includes(marker)
    : Buffer.from(contents.buffer, contents.byteOffset, contents.length).includes(marker);
}

/** The root key in the text of a key file, or undefined if the text is not valid. */
export function parseRootKey(text: string): RootKey | undefined {
  const line = text.trim();
  if (!line.startsWith(marker)) return undefined;
  const bytes = Buffer.from(line.slice(marker.length), "base64url");
  const whole = bytes.length === rootKeyBytes && formatRootKey(bytes).trim() === line;
  return whole ? new RootKey(bytes) : undefined;
}

/**
 * A fingerprint of the root key: 16 hexadecimal digits that identify the key of a lock and reveal
 * nothing about the key itself.
 */
export function keyId(fleet: string, key: RootKey): string {
  return Buffer.from(key.derive([fleet, "key-id"], 8)).toString("hex");
}
