/** Access to one device for a short time: credentials, and a kubeconfig that has them. */
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { shellWord } from "../../../fleet/model/shell-word.ts";
import { makeFolder } from "../../../fleet/files/folder.ts";
import { writeFileAtomically } from "../../../fleet/files/atomic-file.ts";
import { writeUserFile } from "../../../fleet/files/user-file.ts";
import { gatewayOf } from "../../../fleet/rules/gateways.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { atPath } from "../../../fleet/files/operation-error.ts";
import { loadProject } from "../../project/project.ts";
import { findDevice } from "../../project/device-selection.ts";
import { shownPath, type Session } from "../../terminal/session.ts";
import { saveLockExclusively } from "../../project/exclusive-save.ts";
import {
  adminAccess,
  deviceCredentials,
  formatKubeconfig,
  type AdminAccess,
  type DeviceCredentials,
} from "./device-kubeconfig.ts";
import type { HubOptions } from "../kubectl/kubectl.ts";
import { forwardArguments } from "../kubectl/port-forward.ts";
import { proxyPort } from "../../../fleet/model/contract.ts";
import type { Device } from "../../../fleet/model/device.ts";

export interface DeviceAccess {
  readonly fleet: Fleet;
  readonly device: Device;
  readonly access: AdminAccess;
  readonly credentials: DeviceCredentials;
  /** Where a kubeconfig is written by default. */
  readonly path: string;
}

/** @throws InputError if the fleet has no such device */
export async function grantAccess(
  fleetFile: string,
  name: string,
  hours: number,
  session: Session,
): Promise<DeviceAccess> {
  const project = await loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, name);
  await saveLockExclusively(project, session);
  const { fleet, key, outputFolder } = project;
  const access = adminAccess(loginName(session), new Date(), hours, fleet.certificates);
  return {
    fleet,
    device,
    access,
    credentials: deviceCredentials(fleet, device, key, access),
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

/** The kubeconfig as text. @param port of the gateway's proxy on this machine */
export function kubeconfigText({ device, credentials }: DeviceAccess, port: number): string {
  const { connectivity } = device;
  return formatKubeconfig(device, credentials, connectivity === "gateway" ? port : undefined);
}

/**
 * Writes it, readable by this user only, and returns its path relative to the current folder.
 *
 * @param isChosen whether the user chose the path; a symbolic link in the output folder is replaced
 */
export function writeKubeconfig(path: string, text: string, isChosen = false): string {
  const write = isChosen ? writeUserFile : writeFileAtomically;
  atPath(dirname(path), () => makeFolder(dirname(path), 0o700));
  atPath(path, () => write(path, text, 0o600));
  return shownPath(path);
}

/** The commands that use a kubeconfig, one a line. */
export function usageCommands(
  { fleet, device }: DeviceAccess,
  path: string,
  port: number,
  options: HubOptions,
): readonly string[] {
  const check = `kubectl --kubeconfig ${shellWord(path)} get nodes`;
  if (device.connectivity === "direct") return [check];
  const words = forwardArguments(gatewayOf(fleet, device), `${port}:${proxyPort}`, options);
  return [`kubectl ${words.map(shellWord).join(" ")}`, check];
}
