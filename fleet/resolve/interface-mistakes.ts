/**
 * Interfaces of devices against the rest of the fleet: the site's network, other devices of the site, the
 * ranges of K3s and of the tunnel.
 */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import { uniqueMistakes, type Mistake } from "../grammar/mistakes.ts";
import type { Path, Source } from "../grammar/source.ts";
import {
  formatIp,
  formatNetwork,
  isInNetwork,
  knownIp,
  knownNetwork,
  networksOverlap,
  type Ip,
  type IpFamily,
} from "../model/ip.ts";
import { k3sRanges } from "../model/k3s-node.ts";
import { besideInterfaces } from "../model/network-argument.ts";
import type { IpKey, IpSettings, NetworkInterface } from "../model/network-interface.ts";
import { levelsOf, type DeclaredDevice } from "./declared-devices.ts";
import { inheritedBook, type Inherited } from "./machine/inherited.ts";
import type { InterfacesInput } from "./machine/interfaces.ts";

/** A device with declared interfaces. */
interface Wired {
  readonly device: DeclaredDevice;
  readonly interfaces: readonly NetworkInterface[];
  readonly declared: Inherited<InterfacesInput>;
}

export function interfaceMistakes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  const declaredAt = inheritedBook<InterfacesInput>(source, input, "interfaces");
  const wired = devices
    .toSorted((a, b) => a.order - b.order)
    .flatMap((device): Wired[] => {
      const interfaces = device.machine?.interfaces ?? [];
      if (interfaces.length === 0) return [];
      const declared = declaredAt(levelsOf(device.profile.name, device.site.name, device.path));
      return declared === undefined ? [] : [{ device, interfaces, declared }];
    });
  const found = [
    ...wired.flatMap(siteMistakes),
    ...wired.flatMap((each) => rangeMistakes(each, input.tunnel.range)),
    ...sharedMistakes(wired, devices),
    ...wired.flatMap((each) => argumentMistakes(source, each)),
  ];
  return uniqueMistakes(found);
}

/** Each family of each interface. */
function familiesOf(
  interfaces: readonly NetworkInterface[],
): { name: string; key: IpKey; family: IpFamily; settings: IpSettings }[] {
  return interfaces.flatMap(({ name, ipv4, ipv6 }) => [
    { name, key: "ipv4", family: 4, settings: ipv4 },
    { name, key: "ipv6", family: 6, settings: ipv6 },
  ]);
}

/**
 * Addresses outside the site's network. A device can have other networks: so where an interface has the
 * gateway, only its addresses must be inside.
 */
function siteMistakes({ device, interfaces, declared }: Wired): Mistake[] {
  const { name: site, network: text } = device.site;
  if (text === null) return [];
  const network = knownNetwork(text);
  const families = familiesOf(interfaces).filter(
    ({ family, settings }) => family === network.ip.family && settings.neverDefault !== true,
  );
  const withGateway = families.filter(({ settings }) => settings.gateway !== undefined);
  const atSite = withGateway.length > 0 ? withGateway : families;
  return atSite.flatMap(({ name, key, settings }) =>
    settings.addresses.flatMap((address, index) => {
      if (isInNetwork(network, knownNetwork(address).ip)) return [];
      const message = `${address} is outside the network of the site ${site} (${text}). Write an address inside it, or neverDefault: true for another network.`;
      return declared.mistake([name, key, "addresses", index], message);
    }),
  );
}

/** Networks that the device's own routing table has already. */
function rangeMistakes({ device, interfaces, declared }: Wired, tunnelRange: string): Mistake[] {
  const { podRange, serviceRange } = device.machine?.k3s ?? {};
  const ranges = [
    podRange === undefined
      ? (["K3s' pods on every device", k3sRanges.pods] as const)
      : (["k3s.podRange", podRange] as const),
    serviceRange === undefined
      ? (["K3s' services on every device", k3sRanges.services] as const)
      : (["k3s.serviceRange", serviceRange] as const),
    ["tunnel.range", tunnelRange],
  ] as const;
  return familiesOf(interfaces).flatMap(({ name, key, settings }) => {
    const clash = (path: Path, text: string, isRoute: boolean) => {
      const network = knownNetwork(text);
      // A mistake by itself.
      if (network.prefixLength === 0) return [];
      const found = ranges.find(([, range]) =>
        // A route that is wider than the range gives way to it.
        isRoute
          ? isInNetwork(knownNetwork(range), network.ip) &&
            network.prefixLength >= knownNetwork(range).prefixLength
          : networksOverlap(knownNetwork(range), network),
      );
      if (found === undefined) return [];
      const [what, range] = found;
      const message = `${formatNetwork(network)} overlaps ${what} (${range}). Write ${isRoute ? "another network" : "an address of another network"}.`;
      return [declared.mistake([name, key, ...path], message)];
    };
    return [
      ...settings.addresses.flatMap((text, index) => clash(["addresses", index], text, false)),
      ...settings.routes.flatMap(({ to }, index) => clash(["routes", index, "to"], to, true)),
    ];
  });
}

interface Claim {
  /** The same for a value that only one device can have. */
  readonly id: string;
  readonly what: string;
  readonly holder: string;
  mistake(message: string): Mistake;
}

/** Addresses that two devices of a site have, and MAC addresses that two devices of the fleet have. */
function sharedMistakes(wired: readonly Wired[], devices: readonly DeclaredDevice[]): Mistake[] {
  const holders = new Map<string, Claim>();
  const shared = new Set<string>();
  const mistakes: Mistake[] = [];
  const direct = new Map(
    devices.flatMap(({ name, address }) =>
      address === undefined ? [] : [[formatIp(knownIp(address)), name] as const],
    ),
  );
  for (const claim of wired.flatMap(claimsOf)) {
    const { id, what, holder } = claim;
    const other = holders.get(id);
    const [place, known] = [claim.mistake(""), other?.mistake("")];
    const owner = direct.get(what);
    if (other === undefined) {
      holders.set(id, claim);
      if (owner !== undefined && owner !== holder) {
        mistakes.push(
          claim.mistake(`${what} is the address of ${owner}. Write the address of ${holder}.`),
        );
      }
    } else if (other.holder === holder) {
      mistakes.push(claim.mistake(`${holder} has ${what} twice. Delete one.`));
    } else if (place.line === known?.line && place.column === known?.column) {
      const message = `${other.holder} and ${holder} cannot share ${what}. Write it at each device, in a range under overrides.`;
      // Once for a place is enough.
      const where = `${place.line}:${place.column}`;
      if (!shared.has(where)) mistakes.push(claim.mistake(message));
      shared.add(where);
    } else {
      mistakes.push(
        claim.mistake(`${what} is already used by ${other.holder}. Write the one of ${holder}.`),
      );
    }
  }
  return [...mistakes, ...wired.flatMap((each) => gatewayMistakes(each, holders))];
}

function isInSite(ip: Ip, { network }: DeclaredDevice["site"]): boolean {
  return network !== null && isInNetwork(knownNetwork(network), ip);
}

function claimsOf({ device, interfaces, declared }: Wired): Claim[] {
  const holder = device.name;
  const addresses = familiesOf(interfaces).flatMap(({ name, key, settings }) =>
    settings.addresses.flatMap((text, index): readonly Claim[] => {
      const { ip } = knownNetwork(text);
      // A network that leads nowhere else, such as that of a machine, can be at each device.
      if (settings.neverDefault && !isInSite(ip, device.site)) return [];
      const what = formatIp(ip);
      const path = [name, key, "addresses", index];
      const mistake: Claim["mistake"] = (message) => declared.mistake(path, message);
      return [{ id: `${device.site.name} ${what}`, what, holder, mistake }];
    }),
  );
  const cards = interfaces.flatMap(({ name, macAddress: what }): Claim[] =>
    what === undefined
      ? []
      : [
          {
            id: what,
            what,
            holder,
            mistake: (message) => declared.mistake([name, "macAddress"], message),
          },
        ],
  );
  return [...addresses, ...cards];
}

/** A router that is another device of the site. */
function gatewayMistakes(
  { device, interfaces, declared }: Wired,
  holders: ReadonlyMap<string, Claim>,
): Mistake[] {
  return familiesOf(interfaces).flatMap(({ name, key, settings: { gateway } }) => {
    if (gateway === undefined) return [];
    const holder = holders.get(`${device.site.name} ${formatIp(knownIp(gateway))}`)?.holder;
    if (holder === undefined || holder === device.name) return [];
    const message = `gateway ${gateway} is the address of the device ${holder}. Write the router's address.`;
    return [declared.mistake([name, key, "gateway"], message)];
  });
}

function argumentMistakes(source: Source, { device, interfaces }: Wired): Mistake[] {
  const { name, kernelArguments } = device.profile;
  return kernelArguments.flatMap((argument, index) => {
    const message = besideInterfaces(argument) ?? otherNames(argument, interfaces);
    if (message === undefined) return [];
    return [source.mistake(["profiles", name, "kernelArguments", index], message)];
  });
}

/** An interface that loses its name if the kernel's names stay. */
function otherNames(argument: string, interfaces: readonly NetworkInterface[]): string | undefined {
  if (!/^net[.]ifnames="?0"?$/.test(argument)) return undefined;
  const found = interfaces.find(
    ({ name, macAddress }) =>
      macAddress === undefined && /^(?:en|wl|ww)[bcopsx][0-9a-z]/.test(name),
  );
  return found === undefined
    ? undefined
    : `${argument} leaves interfaces their names of the kernel, like eth0, and ${found.name} is another one. Delete this, or write a macAddress at each interface.`;
}
