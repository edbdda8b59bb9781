/** Devices for tests: with no parts, and those of the sample fleet. */
import { EdgeApp, deviceFiles } from "../../edge/app.ts";
import { EdgeDevice, type EdgeDeviceProps } from "../../edge/device.ts";
import { fleetDevice } from "../../edge/fleet-devices.ts";
import type { ButaneFile } from "../../edge/butane/config.ts";
import { ConsoleMessages } from "../../edge/parts/console-messages.ts";
import { FallbackRoute } from "../../edge/parts/fallback-route.ts";
import { HostFirewall } from "../../edge/parts/host-firewall.ts";
import { SelinuxPolicy } from "../../edge/parts/selinux-policy.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { sampleFleet, sampleSecrets } from "../sample.ts";
import type { Device } from "../../fleet/model/device.ts";
import type { DeviceSecrets, HubIdentity } from "../../fleet/model/secrets.ts";

/** A device with no parts. */
export function bareDevice(props: Partial<EdgeDeviceProps> = {}): EdgeDevice {
  return new EdgeDevice(new EdgeApp(), "store-01", {
    architecture: "x86_64",
    disk: "/dev/sda",
    ...props,
  });
}

/** A device with the parts that K3s needs. */
export function deviceForK3s(props: Partial<EdgeDeviceProps> = {}): EdgeDevice {
  const device = bareDevice(props);
  new ConsoleMessages(device, "console-messages");
  new HostFirewall(device, "host-firewall");
  new SelinuxPolicy(device, "selinux-policy");
  new FallbackRoute(device, "fallback-route");
  return device;
}

/** Looked up in the sample fleet. */
export function sampleDevice(name: string): Device {
  const device = sampleFleet.devices.find((candidate) => candidate.name === name);
  if (device === undefined) throw new Error(`the sample fleet has no ${name}`);
  return device;
}

/** A device of the sample fleet with all of its parts; `own` replaces what the fleet declares. */
export function composed(
  device: Device,
  own: { readonly fleet?: Fleet; readonly secrets?: DeviceSecrets } = {},
): EdgeDevice {
  const { fleet = sampleFleet, secrets = secretsOf(device) } = own;
  return fleetDevice(new EdgeApp(), fleet, device, secrets);
}

function secretsOf({ connectivity }: Device): DeviceSecrets {
  if (connectivity === "gateway") return sampleSecrets;
  const direct = (identity: HubIdentity) => ({ ...identity, gatewayKey: null });
  const [current, ...later] = sampleSecrets.hub;
  return { ...sampleSecrets, hub: [direct(current), ...later.map(direct)] };
}

/** The files of a device of the sample fleet, by their path in its folder. */
export function treeOf(device: Device, own: Parameters<typeof composed>[1] = {}): Tree {
  return new Map(deviceFiles(composed(device, own)));
}

export function fileOf(device: EdgeDevice, path: string): ButaneFile {
  const file = device.toConfig().storage?.files?.find((each) => each.path === path);
  if (file === undefined) throw new Error(`${device.name} has no ${path}`);
  return file;
}

/** The inline contents of a file. */
export function inlineOf(device: EdgeDevice, path: string): string {
  const { contents } = fileOf(device, path);
  if (!("inline" in contents)) throw new Error(`there is no text in ${path}`);
  return contents.inline;
}

/** The contents of a unit. */
export function unitOf(device: EdgeDevice, name: string): string {
  const unit = device.toConfig().systemd?.units.find((each) => each.name === name);
  if (unit?.contents === undefined) throw new Error(`${device.name} has no ${name}`);
  return unit.contents;
}
