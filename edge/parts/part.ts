/**
 * A part is one concern of a device's operating system: what it adds to the device's Butane.
 * It is a function of values only; the list of parts is in devices/device.ts.
 */
import type { Device, DeviceSecrets, Fleet } from "../../fleet/model/fleet.ts";
import type {
  ButaneBootDevice,
  ButaneDirectory,
  ButaneFile,
  ButaneLink,
  ButaneUnit,
  ButaneUser,
} from "../butane/config.ts";

export interface DeviceContext {
  readonly fleet: Fleet;
  readonly device: Device;
  /** WireGuard public keys of the gateways in base64, by number. */
  readonly gatewayPublicKeys: ReadonlyMap<number, string>;
  readonly secrets: DeviceSecrets;
}

/** What is absent is empty. */
export interface Contribution {
  readonly directories?: readonly ButaneDirectory[];
  readonly files?: readonly ButaneFile[];
  readonly links?: readonly ButaneLink[];
  readonly units?: readonly ButaneUnit[];
  readonly users?: readonly ButaneUser[];
  readonly bootDevice?: ButaneBootDevice;
}

export type Part = (context: DeviceContext) => Contribution;
