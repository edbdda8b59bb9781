/** Devices with their secrets, for media: what the operator adds is checked before the first one is made. */
import { EdgeApp } from "../../edge/app.ts";
import type { EdgeDevice } from "../../edge/device.ts";
import { fleetDevice } from "../../edge/fleet-devices.ts";
import type { Device } from "../../fleet/model/device.ts";
import type { DeviceSecrets } from "../../fleet/model/secrets.ts";
import type { Project } from "../project/project.ts";
import { checkAdditions } from "../project/snippet-check.ts";
import type { Session } from "../terminal/session.ts";

/** Makes a device of the fleet. */
export type EdgeDeviceOf = (device: Device, secrets?: DeviceSecrets) => EdgeDevice;

/**
 * Prints the warnings about what the operator adds.
 *
 * @returns what makes a device with its secrets, or with others
 * @throws InputError with every mistake in the snippets of the whole fleet, ConstructError of a part
 */
export async function checkedDevices(project: Project, session: Session): Promise<EdgeDeviceOf> {
  await checkAdditions(project, session);
  const { fleet, ownCode } = project;
  return (device, secrets = project.secretsOf(device)) =>
    fleetDevice(new EdgeApp(), fleet, device, secrets, ownCode.parts, {
      snippetsAreChecked: true,
    });
}
