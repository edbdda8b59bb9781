/**
 * The root key and everything that is derived from it.
 *
 * One key of 32 bytes yields every secret of the fleet by HKDF-SHA256 (RFC 5869), so there is no
 * database of secrets to lose: the same key and the same fleet give the same secrets on any machine.
 *
 *   secret = HKDF-SHA256(key = root key, salt = "flotilla/1", info = JSON [fleet, purpose, …])
 *
 * JSON keeps the parts of `info` apart: no two lists of names have the same text. The derivations
 * are a contract with every device in the field; test/fleet/keys/keys.test.ts pins them.
 */
import { createHmac, createPrivateKey } from "node:crypto";
import { deviceAuthorities, fleetRootCertificate } from "./certificates/authorities.ts";
import { gatewaysOf } from "../rules/gateways.ts";
import type { Device, DeviceSecrets, Fleet, PublicKeys } from "../model/fleet.ts";

export const rootKeyBytes = 32;

const marker = "flotilla-root-key-1:";

/** The root key. It can't be printed by accident: no part of it is a visible property. */
export class RootKey {
  /** What HKDF extracts (RFC 5869, section 2.2): it is the same for every use. */
  readonly #extracted: Uint8Array;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== rootKeyBytes) throw new Error(`a root key has ${rootKeyBytes} bytes`);
    this.#extracted = createHmac("sha256", "flotilla/1").update(bytes).digest();
  }

  /** `length` bytes for one use. `context` names it: fleet, purpose, and what else tells it apart. */
  derive(context: readonly (string | number)[], length = 32): Uint8Array {
    const info = JSON.stringify(context);
    const blocks: Buffer[] = [];
    // RFC 5869, section 2.3. node:crypto's hkdfSync would extract anew for each of a device's keys.
    while (blocks.length * 32 < length) {
      const mac = createHmac("sha256", this.#extracted).update(blocks.at(-1) ?? "");
      blocks.push(
        mac
          .update(info)
          .update(Uint8Array.of(blocks.length + 1))
          .digest(),
      );
    }
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  }

  toJSON(): string {
    return "[root key]";
  }
}

/** The text of a key file: one line that says what it is, so that secret scanners find it. */
export function formatRootKey(bytes: Uint8Array): string {
  return `${marker}${Buffer.from(bytes).toString("base64url")}\n`;
}

/** The root key in the text of a key file, or undefined where there is none. */
export function parseRootKey(text: string): RootKey | undefined {
  const line = text.trim();
  if (!line.startsWith(marker)) return undefined;
  const bytes = Buffer.from(line.slice(marker.length), "base64url");
  const whole = bytes.length === rootKeyBytes && formatRootKey(bytes).trim() === line;
  return whole ? new RootKey(bytes) : undefined;
}

/**
 * A fingerprint of the root key: 16 hexadecimal digits that say which key a lock belongs to and
 * nothing about the key itself.
 */
export function keyId(fleet: string, key: RootKey): string {
  return Buffer.from(key.derive([fleet, "key-id"], 8)).toString("hex");
}

/** With which fingerprints of images are keyed. */
export function imageDigestKey({ name }: Fleet, key: RootKey): Uint8Array {
  return key.derive([name, "image-digest"]);
}

/** The fleet's root certificate, and the WireGuard keys of gateways and of devices that dial them. */
export function publicKeys(fleet: Fleet, key: RootKey): PublicKeys {
  const dialling = fleet.devices.filter(({ connectivity }) => connectivity === "gateway");
  return {
    rootCertificate: fleetRootCertificate(fleet, key),
    gateways: gatewayPublicKeys(fleet, key),
    devices: new Map(
      dialling.map((device) => [device.name, wireguardPublicKey(deviceKey(fleet, device, key))]),
    ),
  };
}

/** The WireGuard public keys of the gateways in use, in base64, by number. */
export function gatewayPublicKeys(fleet: Fleet, key: RootKey): ReadonlyMap<number, string> {
  return new Map(
    gatewaysOf(fleet).map(({ number }) => [
      number,
      wireguardPublicKey(gatewayKey(fleet, number, key)),
    ]),
  );
}

/** The WireGuard private key of a gateway, in base64. Bootstrap places it on the hub. */
export function gatewayPrivateKey(fleet: Fleet, number: number, key: RootKey): string {
  return base64(gatewayKey(fleet, number, key));
}

/** The first gateway's has no number: it is what fleets with one gateway have always had. */
function gatewayKey(fleet: Fleet, number: number, key: RootKey): Uint8Array {
  const numbered = number === 1 ? [] : [number];
  return clamped(key.derive([fleet.name, "wireguard-gateway", ...numbered]));
}

/** The secrets that go into the image of one device. */
export function deviceSecrets(fleet: Fleet, device: Device, key: RootKey): DeviceSecrets {
  const token = key.derive([fleet.name, "k3s-token", device.name, device.generation]);
  return {
    wireguardPrivateKey: base64(deviceKey(fleet, device, key)),
    k3sToken: Buffer.from(token).toString("hex"),
    authorities: deviceAuthorities(fleet, device, key),
  };
}

function deviceKey(fleet: Fleet, device: Device, key: RootKey): Uint8Array {
  return clamped(key.derive([fleet.name, "wireguard", device.name, device.generation]));
}

/** As `wg genkey` does it (RFC 7748, section 5). */
function clamped(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  out[0] = (out[0] ?? 0) & 248;
  out[31] = ((out[31] ?? 0) & 127) | 64;
  return out;
}

/** RFC 8037 wants a public half beside the private one; OpenSSL computes its own and ignores it. */
const absentHalf = Buffer.alloc(32).toString("base64url");

/**
 * The base64 public key to a WireGuard private key of 32 bytes.
 *
 * The key goes in as a JSON Web Key: OpenSSL's reader of DER takes 0.6 ms for each, this one 0.07.
 */
export function wireguardPublicKey(privateKey: Uint8Array): string {
  const d = Buffer.from(privateKey).toString("base64url");
  const jwk = { kty: "OKP", crv: "X25519", d, x: absentHalf };
  const { x } = createPrivateKey({ key: jwk, format: "jwk" }).export({ format: "jwk" });
  return base64(Buffer.from(x ?? "", "base64url"));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
