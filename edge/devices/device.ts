/**
 * One device's operating system: the explicit list of its parts, composed.
 */
import type { ButaneConfig } from "../butane/config.ts";
import { hostname } from "../parts/hostname.ts";
import { k3s } from "../parts/k3s.ts";
import type { DeviceContext, Part } from "../parts/part.ts";
import { selinux } from "../parts/selinux.ts";
import { ssh } from "../parts/ssh.ts";
import { timezone } from "../parts/timezone.ts";
import { wireguard } from "../parts/wireguard.ts";
import { zincati } from "../parts/zincati.ts";
import { composeConfig } from "./compose.ts";

/** A new part is one new file in parts/ and its line here. */
const deviceParts: Readonly<Record<string, Part>> = {
  hostname,
  k3s,
  selinux,
  ssh,
  timezone,
  wireguard,
  zincati,
};

/** Butane fcos 1.5.0 becomes Ignition 3.4.0, which Fedora CoreOS knows since early 2023. */
const butaneVersion = "1.5.0";

/** What the installed system is made of. It holds the device's secrets. */
export function deviceConfig(context: DeviceContext): ButaneConfig {
  const contributions = Object.entries(deviceParts).map(
    ([name, part]) => [name, part(context)] as const,
  );
  return composeConfig(butaneVersion, new Map(contributions));
}
