/** A kubeconfig with every right at one device, for a short time, made from the root key. */
import { adminCertificate, fleetRootCertificate } from "../../../fleet/keys/authorities.ts";
import type { KeyPair } from "../../../fleet/keys/authorities.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { deviceServer } from "../../../fleet/model/contract.ts";
import type { RootKey } from "../../../fleet/keys/root-key.ts";
import type { Device } from "../../../fleet/model/device.ts";

/** Who may do anything at a device, and for how long. */
export interface AdminAccess {
  /** The user's name in the device's audit log. */
  readonly user: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Valid from some minutes before now, for clocks that are slow, but never outside the time in which
 * the device's authority is valid.
 *
 * @throws OperationError outside that time
 */
export function adminAccess(
  login: string,
  now: Date,
  hours: number,
  { notBefore, notAfter }: Fleet["certificates"],
): AdminAccess {
  const second = 1000;
  const start = Math.floor(now.getTime() / second) * second;
  const [first, last] = [notBefore, notAfter].map((day) => new Date(day).getTime()) as [
    number,
    number,
  ];
  if (start < first || start >= last) {
    throw new OperationError(
      `the fleet's certificates are valid from ${notBefore} to ${notAfter}, and now it is ` +
        `${now.toISOString().slice(0, 10)}. Check the clock of this machine, and certificates in fleet.yaml.`,
    );
  }
  return {
    user: `flotilla:${login}`,
    notBefore: new Date(Math.max(first, start - clockSkewMinutes * 60 * second)),
    // A certificate has whole seconds, and nobody is promised a part of one.
    notAfter: new Date(Math.min(last, start + Math.max(1, Math.floor(hours * 3600)) * second)),
  };
}

const clockSkewMinutes = 5;

export function deviceCredentials(
  fleet: Fleet,
  device: Device,
  key: RootKey,
  access: AdminAccess,
): DeviceCredentials {
  return {
    ...adminCertificate(fleet, device, key, access),
    authority: fleetRootCertificate(fleet, key),
  };
}

/** All of it PEM. */
export interface DeviceCredentials extends KeyPair {
  /** The fleet's root, by which the device proves who it is. */
  readonly authority: string;
}

/**
 * The kubeconfig as JSON, which is YAML as well.
 *
 * @param proxyPort of the gateway's proxy on this machine; undefined for a device that is reached
 *   directly
 */
export function formatKubeconfig(
  device: Device,
  { authority, certificate, privateKey }: DeviceCredentials,
  proxyPort: number | undefined,
): string {
  const { name, address, serverName } = device;
  const cluster = {
    server: deviceServer(address),
    "tls-server-name": serverName,
    "certificate-authority-data": base64(authority),
    ...(proxyPort !== undefined && { "proxy-url": `http://127.0.0.1:${proxyPort}` }),
  };
  const user = {
    "client-certificate-data": base64(certificate),
    "client-key-data": base64(privateKey),
  };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  return `${JSON.stringify(kubeconfig, undefined, 2)}\n`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
