/** The WireGuard keys of gateways and devices, derived from the root key. */
import { createPrivateKey } from "node:crypto";
import { gatewaysOf } from "../rules/gateways.ts";
import type { Fleet, FleetFacts } from "../model/fleet.ts";
import type { RootKey } from "./root-key.ts";
import { rememberNothing, type Remember } from "../model/remember.ts";
import type { Device } from "../model/device.ts";

/** The WireGuard public keys of the gateways in use, in base64, by number. */
export function gatewayPublicKeys(fleet: Fleet, key: RootKey): ReadonlyMap<number, string> {
  const { generation } = fleet.hub;
  return new Map(
    gatewaysOf(fleet).map(({ number }) => [
      number,
      gatewayPublicKey(fleet, number, key, generation),
    ]),
  );
}

/** Public keys of gateways are asked for by every device, the same few. */
const gatewayPublicTexts = new WeakMap<RootKey, Map<string, string>>();

/** The WireGuard public key of a gateway in one generation of the hub, in base64. */
export function gatewayPublicKey(
  fleet: FleetFacts,
  number: number,
  key: RootKey,
  generation: number,
): string {
  const known = gatewayPublicTexts.get(key) ?? new Map<string, string>();
  gatewayPublicTexts.set(key, known);
  const context = JSON.stringify([fleet.name, number, generation]);
  const text = known.get(context) ?? wireguardPublicKey(gatewayKey(fleet, number, key, generation));
  known.set(context, text);
  return text;
}

/** The WireGuard private key of a gateway, in base64. Bootstrap places it on the hub. */
export function gatewayPrivateKey(fleet: Fleet, number: number, key: RootKey): string {
  return base64(gatewayKey(fleet, number, key, fleet.hub.generation));
}

/**
 * The first gateway's context has no number, and that of the hub's first generation no generation:
 * fleets have always had it so.
 */
function gatewayKey(
  fleet: FleetFacts,
  number: number,
  key: RootKey,
  generation: number,
): Uint8Array {
  const numbered = number === 1 && generation === 1 ? [] : [number];
  const later = generation === 1 ? [] : ["hub", generation];
  return clamped(key.derive([fleet.name, "wireguard-gateway", ...numbered, ...later]));
}

/**
 * The WireGuard public keys of the devices behind a gateway, in base64, by name.
 *
 * @param remember finds those of earlier runs with the same root key
 */
export function devicePublicKeys(
  fleet: Fleet,
  key: RootKey,
  remember: Remember = rememberNothing,
): ReadonlyMap<string, string> {
  const dialling = fleet.devices.filter(({ connectivity }) => connectivity === "gateway");
  const shared = { fleet: fleet.name };
  const publicKey = (device: Device) =>
    remember("public key", shared, [device.name, device.generation], () =>
      wireguardPublicKey(deviceKey(fleet, device, key)),
    );
  return new Map(dialling.map((device) => [device.name, publicKey(device)]));
}

/** The WireGuard private key of a device, in base64. */
export function devicePrivateKey(fleet: FleetFacts, device: Device, key: RootKey): string {
  return base64(deviceKey(fleet, device, key));
}

function deviceKey(fleet: FleetFacts, device: Device, key: RootKey): Uint8Array {
  return clamped(key.derive([fleet.name, "wireguard", device.name, device.generation]));
}

/** As `wg genkey` does it (RFC 7748, section 5). */
function clamped(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  out[0] = (out[0] ?? 0) & 248;
  out[31] = ((out[31] ?? 0) & 127) | 64;
  return out;
}

/**
 * RFC 8037 requires a public key beside the private one; OpenSSL computes its own and ignores it.
 */
const absentHalf = Buffer.alloc(32).toString("base64url");

/**
 * The base64 public key to a WireGuard private key of 32 bytes.
 *
 * The key is passed as a JSON Web Key, which takes OpenSSL 0.07 ms. DER takes 0.6 ms.
 */
function wireguardPublicKey(privateKey: Uint8Array): string {
  const d = Buffer.from(privateKey).toString("base64url");
  const jwk = { kty: "OKP", crv: "X25519", d, x: absentHalf };
  const { x } = createPrivateKey({ key: jwk, format: "jwk" }).export({ format: "jwk" });
  return base64(Buffer.from(x ?? "", "base64url"));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
