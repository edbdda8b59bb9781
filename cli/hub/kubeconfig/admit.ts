/** What `flotilla kubeconfig` makes of a fleet and a device. */
import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "../../../fleet/files/atomic.ts";
import { gatewayOf } from "../../../fleet/rules/gateways.ts";
import type { Device, Fleet } from "../../../fleet/model/fleet.ts";
import { atPath } from "../../../fleet/files/failures.ts";
import { loadProject } from "../../project/project.ts";
import { findDevice } from "../../project/selection.ts";
import { shownPath, type Session } from "../../terminal/session.ts";
import { saveChangedLock } from "../../project/synthesis.ts";
import {
  admission,
  deviceCredentials,
  formatKubeconfig,
  type Admission,
  type DeviceCredentials,
} from "./device-kubeconfig.ts";
import type { HubOptions } from "../kubectl/kubectl.ts";
import { forwardArguments } from "../kubectl/port-forward.ts";
import { proxyPort } from "../../../fleet/model/contract.ts";

export interface Admitted {
  readonly fleet: Fleet;
  readonly device: Device;
  readonly admission: Admission;
  readonly credentials: DeviceCredentials;
  /** Where the kubeconfig belongs if it is to stay. */
  readonly path: string;
}

/** @throws InputError where there is no such device */
export function admit(fleetFile: string, name: string, hours: number, session: Session): Admitted {
  const project = loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, name);
  saveChangedLock(project, session);
  const { fleet, key, outputFolder } = project;
  const admitted = admission(loginName(session), new Date(), hours);
  return {
    fleet,
    device,
    admission: admitted,
    credentials: deviceCredentials(fleet, device, key, admitted),
    path: join(outputFolder, "kubeconfig", `${device.name}.yaml`),
  };
}

function loginName({ environment }: Session): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the user database, as in a container.
    return environment["USER"] ?? "unknown";
  }
}

/** The kubeconfig as text. @param port where the user will have the gateway's proxy */
export function kubeconfigText({ device, credentials }: Admitted, port: number): string {
  const { connectivity } = device;
  return formatKubeconfig(device, credentials, connectivity === "gateway" ? port : undefined);
}

/** Writes it, readable by this user only, and returns its path as a person would write it. */
export function writeKubeconfig(path: string, text: string): string {
  atPath(dirname(path), () => mkdirSync(dirname(path), { recursive: true, mode: 0o700 }));
  atPath(path, () => writeFileAtomically(path, text, 0o600));
  return shownPath(path);
}

/** The commands that use it, one a line. */
export function useLines(
  { fleet, device }: Admitted,
  path: string,
  port: number,
  options: HubOptions,
): readonly string[] {
  const look = `kubectl --kubeconfig ${path} get nodes`;
  if (device.connectivity === "direct") return [look];
  const words = forwardArguments(gatewayOf(fleet, device), `${port}:${proxyPort}`, options);
  return [`kubectl ${words.join(" ")}`, look];
}
