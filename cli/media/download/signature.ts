/**
 * Detached OpenPGP signatures (RFC 9580) of files that are too large to be read twice.
 *
 * The library hashes in JavaScript streams: 14 s for 1 GiB, and the same bytes go through SHA-256
 * anyway. So the caller hashes while the file arrives; here the digest is finished as the signature
 * wants it, and the library does the rest: the packets, the keys and their validity, what is too
 * weak, and the arithmetic. Only what Fedora makes is taken: version 4, binary.
 */
import type { Hash } from "node:crypto";
import type { PublicKey, SignaturePacket } from "openpgp";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import type { TrustedKey } from "./fedora-keys.ts";

export interface DetachedSignature {
  /** The hash that it was made over, in Node's spelling: `sha256`. */
  readonly hashName: string;
  /** Whose key made it, if it holds: `Fedora 44`. */
  readonly signer: string;
  /** The release of Fedora that the key is for; undefined: any. */
  readonly signerRelease: number | undefined;
  /** When it was made, as it says. */
  readonly created: Date | undefined;
  /**
   * Holds the signature against a hash of the whole file.
   *
   * @throws OperationError where it does not fit
   */
  check(hash: Hash): Promise<void>;
}

/**
 * @param bytes the packets of a `.sig` file
 * @param place where the signature comes from, for messages
 * @throws OperationError if this is not a signature by one of these keys
 */
export async function readSignature(
  bytes: Uint8Array,
  place: string,
  keys: readonly TrustedKey[],
): Promise<DetachedSignature> {
  const { readSignature: parse, enums } = await import("openpgp");
  const packets = await parse({ binarySignature: bytes })
    .then((signature) => [...signature.packets])
    .catch((error: unknown) => {
      throw new OperationError(`${place}: this is not a valid OpenPGP signature`, { cause: error });
    });
  for (const packet of packets) {
    const signer = await signerOf(packet, keys);
    if (signer === undefined) continue;
    const { version, signatureType, hashAlgorithm } = packet;
    const hashName = hashNames[hashAlgorithm ?? 0];
    if (version !== 4 || signatureType !== enums.signature.binary || hashName === undefined) {
      throw new OperationError(`${place}: a signature of a kind that Fedora does not make`);
    }
    return {
      hashName,
      signer: signer.name,
      signerRelease: signer.release,
      created: packet.created ?? undefined,
      async check(hash) {
        try {
          await verify(packet, signer.key, hash);
        } catch (error) {
          const message = `${place}: the signature does not fit the file (${(error as Error).message})`;
          throw new OperationError(message, { cause: error });
        }
      },
    };
  }
  const found = packets.map((packet) => packet.issuerKeyID.toHex().toUpperCase()).join(", ");
  const known = keys.map(({ name }) => name).join(", ");
  throw new OperationError(
    `${place}: signed by the key ${found || "(none)"}, which Flotilla does not trust ` +
      `(${known}). If Fedora has a newer key, a newer Flotilla has it too`,
  );
}

/** The algorithms of RFC 9580 section 9.5 that are strong enough, in Node's spelling. */
const hashNames: Readonly<Record<number, string>> = { 8: "sha256", 9: "sha384", 10: "sha512" };

interface Signer {
  readonly name: string;
  readonly release: number | undefined;
  readonly key: PublicKey;
}

async function signerOf(
  packet: SignaturePacket,
  keys: readonly TrustedKey[],
): Promise<Signer | undefined> {
  const { readKey } = await import("openpgp");
  for (const { name, release, fingerprint, armored } of keys) {
    const key = await readKey({ armoredKey: armored });
    if (key.getFingerprint().toUpperCase() !== fingerprint) {
      throw new Error(`the key of ${name} has another fingerprint than ${fingerprint}`);
    }
    if (key.getKeys(packet.issuerKeyID).length > 0) return { name, release, key };
  }
  return undefined;
}

async function verify(packet: SignaturePacket, key: PublicKey, hash: Hash): Promise<void> {
  const { enums } = await import("openpgp");
  const { signatureData, created } = packet;
  if (signatureData === null || created === null) throw new Error("it is not complete");
  // Throws where the key had expired, was revoked, or may not sign.
  const signingKey = await key.getSigningKey(packet.issuerKeyID, created);
  // RFC 9580 section 5.2.4: after the file come the signature's own fields and their length.
  const trailer = Buffer.from([4, 0xff, 0, 0, 0, 0]);
  trailer.writeUInt32BE(signatureData.length, 2);
  const digest = hash.copy().update(signatureData).update(trailer).digest();
  // The library takes a finished digest here, though its types don't say so; were it to stop, it
  // would hash the empty file that it is given, and refuse.
  Object.assign(packet, { hashed: Promise.resolve(new Uint8Array(digest)) });
  const empty = { getBytes: () => new Uint8Array() };
  await packet.verify(signingKey.keyPacket, enums.signature.binary, empty, new Date(), true);
}
