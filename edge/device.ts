/**
 * One device's operating system: the explicit list of its parts, composed.
 */
import { authorityFiles } from "../fleet/keys/authorities.ts";
import { gatewaysOf } from "../fleet/rules/gateways.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import type { ButaneConfig } from "./butane/config.ts";
import { certificates } from "./parts/certificates.ts";
import { clock } from "./parts/clock.ts";
import { consoleProgress } from "./parts/console.ts";
import { encryption } from "./parts/encryption.ts";
import { enrolment } from "./parts/enrolment.ts";
import { firewall } from "./parts/firewall.ts";
import { hostname } from "./parts/hostname.ts";
import { k3s } from "./parts/k3s.ts";
import { mirror } from "./parts/mirror.ts";
import type { Contribution, DeviceContext, Part } from "./parts/part.ts";
import { selinux } from "./parts/selinux.ts";
import { ssh } from "./parts/ssh.ts";
import { timezone } from "./parts/timezone.ts";
import { wireguard } from "./parts/wireguard.ts";
import { zincati } from "./parts/zincati.ts";
import { composeConfig } from "./compose.ts";
import { checkedSnippets, snippetIgnitions, type SnippetReport } from "./snippets.ts";

/** A new part is one new file in parts/ and its line here. */
const deviceParts: Readonly<Record<string, Part>> = {
  certificates,
  clock,
  consoleProgress,
  encryption,
  enrolment,
  firewall,
  hostname,
  k3s,
  mirror,
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
  return composeConfig(butaneVersion, contributions(context), snippetIgnitions(context.device));
}

/** What each part gives the device, by the part's name. */
export function contributions(context: DeviceContext): ReadonlyMap<string, Contribution> {
  return new Map(Object.entries(deviceParts).map(([name, part]) => [name, part(context)] as const));
}

/** All mistakes and warnings in the Butane of the operator's own, of the whole fleet at once. */
export function checkSnippets(fleet: Fleet): SnippetReport {
  // What the parts write is asked for by name only, and no name is a secret.
  const authorities = new Map(authorityFiles.map((name) => [name, ""]));
  const secrets = { wireguardPrivateKey: "", k3sToken: "", authorities };
  const gatewayPublicKeys = new Map(gatewaysOf(fleet).map(({ number }) => [number, ""]));
  return checkedSnippets(fleet, (device) =>
    contributions({ fleet, device, gatewayPublicKeys, secrets }),
  );
}
