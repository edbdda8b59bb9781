/** The values derived from the root key for the state repository, and for each device's image. */
import type { Fleet, FleetFacts } from "../model/fleet.ts";
import { carriedGenerations } from "../model/hub-generations.ts";
import type { Remember } from "../model/remember.ts";
import { needsHubStatement } from "../rules/hub-statement.ts";
import { gatewayOf } from "../rules/gateways.ts";
import {
  deviceAuthorities,
  fleetRootCertificate,
  hubClientCertificate,
  hubStatement,
} from "./authorities.ts";
import type { RootKey } from "./root-key.ts";
import {
  devicePrivateKey,
  devicePublicKeys,
  gatewayPublicKey,
  gatewayPublicKeys,
} from "./wireguard.ts";
import type { Device } from "../model/device.ts";
import type { OutsideSecrets } from "../model/secret-reference.ts";
import type { DeviceSecrets, PublicKeys } from "../model/secrets.ts";

/**
 * The fleet's root certificate, and the WireGuard public keys of gateways and devices.
 *
 * @param remember finds those of earlier runs with the same root key
 */
export function publicKeys(fleet: Fleet, key: RootKey, remember?: Remember): PublicKeys {
  return {
    rootCertificate: fleetRootCertificate(fleet, key),
    gateways: gatewayPublicKeys(fleet, key),
    devices: devicePublicKeys(fleet, key, remember),
    hubStatement: needsHubStatement(fleet) ? hubStatement(fleet, key, fleet.hub.generation) : null,
  };
}

/**
 * The secrets that go into the image of one device.
 *
 * @param outside those that the fleet file refers to
 */
export function deviceSecrets(
  fleet: FleetFacts,
  device: Device,
  key: RootKey,
  outside?: OutsideSecrets,
): DeviceSecrets {
  const token = key.derive([fleet.name, "k3s-token", device.name, device.generation]);
  return {
    wireguardPrivateKey: devicePrivateKey(fleet, device, key),
    k3sToken: Buffer.from(token).toString("hex"),
    authorities: deviceAuthorities(fleet, device, key),
    hub: hubIdentities(fleet, device, key),
    ...(outside !== undefined && { outside }),
  };
}

function hubIdentities(fleet: FleetFacts, device: Device, key: RootKey): DeviceSecrets["hub"] {
  const gateway = device.connectivity === "gateway" ? gatewayOf(fleet, device).number : null;
  const identity = (generation: number) => ({
    generation,
    authority: hubClientCertificate(fleet, key, generation),
    gatewayKey: gateway === null ? null : gatewayPublicKey(fleet, gateway, key, generation),
  });
  const { generation } = fleet.hub;
  return [identity(generation), ...carriedGenerations(generation).slice(1).map(identity)];
}
