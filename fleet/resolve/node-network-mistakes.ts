/**
 * Addresses and ranges of a device's node that clash with its site, the tunnel or another device. What
 * they must be to each other is in machine/k3s.ts, and K3s' own ranges are in address-mistakes.ts.
 */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import { uniqueMistakes, type Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import {
  knownRange,
  linkLocalRange,
  parseAddress,
  parseRange,
  rangeContains,
  rangesOverlap,
  type Range,
} from "../model/addresses.ts";
import { formatIp, isInNetwork, knownNetwork } from "../model/ip.ts";
import { kernelName, type NetworkInterface } from "../model/network-interface.ts";
import { levelsOf, type DeclaredDevice } from "./declared-devices.ts";
import { inheritedBook, type Inherited } from "./machine/inherited.ts";
import { writeAddress, type K3sInput } from "./machine/k3s.ts";

export function nodeNetworkMistakes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  const mistakes: Mistake[] = [];
  const add = (found: readonly Mistake[]) => void mistakes.push(...found);
  const declaredAt = inheritedBook<K3sInput>(source, input, "k3s");
  const checked = new Set<Inherited<K3sInput>>();
  const holders = new Map<string, string>();
  const shared = new Set<string>();
  for (const device of devices.toSorted((a, b) => a.order - b.order)) {
    if (device.machine?.k3s === undefined) continue;
    const k3s = declaredAt(levelsOf(device.profile.name, device.site.name, device.path));
    if (k3s === undefined) continue;
    if (!checked.has(k3s)) {
      add([
        ...rangeMistakes(k3s, device, input.tunnel.range),
        ...outside(k3s, device),
        ...interfaceMistakes(k3s, device),
      ]);
    }
    checked.add(k3s);
    // One for all devices of a range, or for all of a site.
    const [mistake] = sharedAddress(k3s, device, holders);
    const place = `${mistake?.file}:${mistake?.line}:${mistake?.column}`;
    if (mistake !== undefined && !shared.has(place)) add([mistake]);
    shared.add(place);
  }
  return uniqueMistakes(mistakes);
}

function rangeMistakes(
  k3s: Inherited<K3sInput>,
  device: DeclaredDevice,
  tunnel: string,
): Mistake[] {
  const { site, address, connectivity } = device;
  const network = siteRange(device);
  return (["podRange", "serviceRange"] as const).flatMap((key) => {
    const text = k3s.value[key];
    if (text === undefined) return [];
    const range = knownRange(text);
    const others = [
      ["tunnel.range", tunnel, knownRange(tunnel)] as const,
      ...(network ? [[`sites.${site.name}.network`, site.network, network] as const] : []),
    ];
    const mistakes = others
      .filter(([, , other]) => rangesOverlap(range, other))
      .map(([what, other]) => {
        const message = `${text} overlaps ${what} (${other}). Write ranges that do not overlap.`;
        return k3s.mistake([key], message);
      });
    const direct = connectivity === "direct" ? parseAddress(address ?? "") : undefined;
    if (direct !== undefined && rangeContains(range, direct)) {
      const message = `${text} contains the device's address (${address}). Write another range.`;
      mistakes.push(k3s.mistake([key], message));
    }
    return mistakes;
  });
}

/** The site's network, if it is of IPv4: the addresses of nodes are. */
function siteRange({ site: { network } }: DeclaredDevice): Range | undefined {
  const range = parseRange(network ?? "");
  return typeof range === "string" ? undefined : range;
}

function outside(k3s: Inherited<K3sInput>, device: DeclaredDevice): Mistake[] {
  const { nodeAddress = "" } = k3s.value;
  const address = parseAddress(nodeAddress);
  const range = siteRange(device);
  if (address === undefined || range === undefined) return [];
  const { site } = device;
  const { first, last } = range;
  const message = (problem: string) =>
    `${nodeAddress} ${problem} (${site.network}). ${writeAddress}`;
  if (!rangeContains(range, address)) {
    return [k3s.mistake(["nodeAddress"], message(`is outside sites.${site.name}.network`))];
  }
  // In a /31 and a /32 both ends are addresses of machines (RFC 3021).
  const isEnd = range.prefixLength < 31 && (address === first || address === last);
  return isEnd
    ? [k3s.mistake(["nodeAddress"], message(`is the first or last of sites.${site.name}.network`))]
    : [];
}

/** Against the interfaces that are declared. Others can have addresses by DHCP. */
function interfaceMistakes(k3s: Inherited<K3sInput>, { machine }: DeclaredDevice): Mistake[] {
  const { nodeAddress = "" } = k3s.value;
  const { interfaces = [] } = machine ?? {};
  const port = interfaces.find(({ name, controller }) => name === nodeAddress && controller);
  if (port !== undefined) {
    const message = `${nodeAddress} is a port of ${port.controller?.name}, so it has no address. Write ${port.controller?.name}.`;
    return [k3s.mistake(["nodeAddress"], message)];
  }
  const named = interfaces.find(({ name }) => name === nodeAddress);
  if (named !== undefined && kernelName(named) === undefined) {
    const message = `${nodeAddress} is found by its macAddress, so its name on the device is not known. ${writeAddress}`;
    return [k3s.mistake(["nodeAddress"], message)];
  }
  const problem = named && countProblem(named);
  if (problem !== undefined) return [k3s.mistake(["nodeAddress"], `${nodeAddress} ${problem}`)];
  const isAddress = parseAddress(nodeAddress) !== undefined;
  const isStatic = interfaces.every(({ ipv4 }) => ipv4.method !== "auto");
  const addresses = interfaces.flatMap(({ ipv4 }) =>
    ipv4.addresses.map((each) => each.split("/")[0]),
  );
  if (!isAddress || !isStatic || addresses.length === 0 || addresses.includes(nodeAddress)) {
    return [];
  }
  const message = `${nodeAddress} is not an address of the device's interfaces. Write ${addresses.join(" or ")}.`;
  return [k3s.mistake(["nodeAddress"], message)];
}

/**
 * K3s starts only if the interface has exactly one IPv4 address besides link-local ones (getIPFromInterface in its
 * pkg/util/net.go).
 */
function countProblem({ ipv4: { method, addresses } }: NetworkInterface): string | undefined {
  const linkLocal = knownNetwork(linkLocalRange);
  const own = addresses.map(knownNetwork).filter(({ ip }) => !isInNetwork(linkLocal, ip));
  const count = own.length + (method === "auto" ? 1 : 0);
  if (count === 1) return undefined;
  if (count > 1) {
    const fix = `Write one of them: ${own.map(({ ip }) => formatIp(ip)).join(" or ")}.`;
    return `has several IPv4 addresses, and K3s does not start if the node's interface has more than one. ${fix}`;
  }
  return method === "disabled"
    ? "has no IPv4 address (ipv4.method: disabled), and the node needs one. Write another interface."
    : "has no IPv4 address that is not link-local, and the node needs one. Write another interface.";
}

/** Two sites may have the same addresses, and two devices of one site may not. */
function sharedAddress(
  k3s: Inherited<K3sInput>,
  { name, site }: DeclaredDevice,
  holders: Map<string, string>,
): Mistake[] {
  const { nodeAddress = "" } = k3s.value;
  if (parseAddress(nodeAddress) === undefined) return [];
  const key = `${site.name} ${nodeAddress}`;
  const holder = holders.get(key);
  if (holder === undefined) {
    holders.set(key, name);
    return [];
  }
  const message = `${nodeAddress} is the address of ${holder} and of ${name}. Write an address for each device; those of a range are under its overrides.`;
  return [k3s.mistake(["nodeAddress"], message)];
}
