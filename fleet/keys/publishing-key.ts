/**
 * The publishing key: the key of the images' fingerprints, derived from the root key. Together with
 * the public keys in the lock it is enough to make the state repository. Nothing else follows from it:
 * no image, no certificate, no key of a device.
 */
import { createHmac } from "node:crypto";
import { containsRootKey, type RootKey } from "./root-key.ts";

const keyBytes = 32;

/** A marker that secret scanners can find. */
const marker = "flotilla-publishing-key-1:";

/** The publishing key of a fleet. */
export function publishingKey(fleet: string, key: RootKey): Uint8Array {
  return key.derive([fleet, "image-digest"], keyBytes);
}

/** The text of a key file: one line. */
export function formatPublishingKey(key: Uint8Array): string {
  return `${marker}${Buffer.from(key).toString("base64url")}\n`;
}

/** The key in the text of a key file, or undefined if the text is not valid. */
export function parsePublishingKey(text: string): Uint8Array | undefined {
  const line = text.trim();
  if (!line.startsWith(marker)) return undefined;
  const bytes = new Uint8Array(Buffer.from(line.slice(marker.length), "base64url"));
  const whole = bytes.length === keyBytes && formatPublishingKey(bytes).trim() === line;
  return whole ? bytes : undefined;
}

/** Which secret key of a fleet a file contains, for messages; undefined if none. */
export function keyIn(contents: string | Uint8Array): string | undefined {
  if (containsRootKey(contents)) return "root key";
  const bytes = typeof contents === "string" ? contents : Buffer.from(contents);
  return bytes.includes(marker) ? "publishing key" : undefined;
}

/** A fingerprint of the publishing key for the lock: 16 hexadecimal digits that reveal nothing of it. */
export function publishingKeyId(key: Uint8Array): string {
  return createHmac("sha256", key).update("flotilla/publishing-key-id").digest("hex").slice(0, 16);
}
