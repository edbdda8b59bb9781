/**
 * Notes about declared interfaces that lead nowhere: the installation and the first start download what they
 * need, and wait for it. Only the operator knows whether a mirror or IPv6 makes up for what is missing.
 */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import { uniqueMistakes, type Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { NetworkInterface } from "../model/network-interface.ts";
import { levelsOf, type DeclaredDevice } from "./declared-devices.ts";
import { inheritedBook } from "./machine/inherited.ts";
import type { InterfacesInput } from "./machine/interfaces.ts";

export function networkNotes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  const declaredAt = inheritedBook<InterfacesInput>(source, input, "interfaces");
  const notes = devices.flatMap(({ profile, site, path, machine }) => {
    const missing = missingIn(machine?.interfaces ?? []);
    if (missing === undefined) return [];
    const declared = declaredAt(levelsOf(profile.name, site.name, path));
    return declared === undefined ? [] : [declared.keyMistake([], missing)];
  });
  return uniqueMistakes(notes);
}

/** What no interface with a cable has, and DHCP does not give either. */
function missingIn(interfaces: readonly NetworkInterface[]): string | undefined {
  const wired = interfaces.filter(({ type, controller }) => type !== "wifi" && !controller);
  const settings = wired.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
  const byDhcp = wired.map(({ ipv4 }) => ipv4).filter(({ method }) => method === "auto");
  if (settings.every(({ addresses }) => addresses.length === 0)) return undefined;
  const hasRoute =
    byDhcp.some(({ neverDefault }) => neverDefault !== true) ||
    settings.some(({ gateway, routes }) => gateway !== undefined || routes.length > 0);
  if (!hasRoute) {
    return "no interface with a cable has a gateway, so the device reaches its own networks alone, unless a router announces IPv6. Write gateway.";
  }
  const hasNames =
    byDhcp.some(({ ignoreAutoDns }) => ignoreAutoDns !== true) ||
    settings.some(({ dns }) => dns.length > 0);
  return hasNames
    ? undefined
    : "no interface with a cable has a DNS server, so the device finds no name, unless a router announces one by IPv6. Write dns.";
}
