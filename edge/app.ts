/**
 * The synthesis of one device: its Butane and Ignition, and those of its installation medium.
 */
import { InputError } from "../fleet/grammar/mistakes.ts";
import type { Device, DeviceSecrets, Fleet } from "../fleet/model/fleet.ts";
import { sortedTree, type Tree } from "../fleet/model/tree.ts";
import type { ButaneConfig } from "./butane/config.ts";
import { formatEntry } from "./butane/report.ts";
import { butaneText } from "./butane/text.ts";
import { translateConfig } from "./butane/translate.ts";
import { checkSnippets, deviceConfig } from "./device.ts";
import { installConfig } from "./installer/install.ts";

/**
 * `device.bu`, `device.ign`, `install.bu` and `install.ign`, relative to the device's own folder.
 * All four hold the device's secrets.
 *
 * @throws InputError with every mistake in the snippets of the whole fleet
 */
export function synthesizeDevice(
  fleet: Fleet,
  device: Device,
  gatewayPublicKeys: ReadonlyMap<number, string>,
  secrets: DeviceSecrets,
): Tree {
  if (device.snippets.length > 0) {
    const { mistakes } = checkSnippets(fleet);
    if (mistakes.length > 0) throw new InputError(mistakes);
  }
  const installed = deviceConfig({ fleet, device, gatewayPublicKeys, secrets });
  const ignition = ignitionOf(installed, device);
  const medium = installConfig(fleet, device, ignition);
  const origin = `${device.name} of fleet ${fleet.name}`;
  return sortedTree([
    ["device.bu", butaneText(installed, `${origin}, written by flotilla`)],
    ["device.ign", ignition],
    ["install.bu", butaneText(medium, `Installation medium of ${origin}, written by flotilla`)],
    ["install.ign", ignitionOf(medium, device)],
  ]);
}

/**
 * Our own configurations give no report: an entry is a mistake in the parts. Snippets may give
 * warnings, which their operator is told elsewhere: of what is in them, and of a newer version.
 */
function ignitionOf(config: ButaneConfig, device: Device): string {
  const { ignition, error, report } = translateConfig(config);
  const wrong = report.filter(({ kind }) => kind === "error" || device.snippets.length === 0);
  if (ignition === undefined || wrong.length > 0) {
    const entries = [...(error === undefined ? [] : [error]), ...wrong.map(formatEntry)];
    throw new Error(`${device.name}: ${entries.join("; ")}`);
  }
  return ignition;
}
