/**
 * The gateways that devices connect to: one for each slice of the tunnel's range. A device's
 * address determines its gateway, and the lock keeps the address: a device never moves to another
 * gateway because others are added or removed. A second gateway appears with the first address of
 * the second slice.
 *
 * A slice has 2,048 addresses: the list of its peers then fits into a ConfigMap (1 MiB) for any
 * device names, and one WireGuard interface handles that many peers easily.
 */
import { hostOfUrl } from "../model/ip.ts";
import { formatAddress, knownRange, parseAddress, rangeContains } from "../model/addresses.ts";
import type { Fleet, FleetFacts } from "../model/fleet.ts";
import { gatewayNamespace, proxyPort } from "../model/contract.ts";
import type { Device } from "../model/device.ts";

const slicePrefixLength = 21;
const sliceAddresses = 2 ** (32 - slicePrefixLength);

export interface Gateway {
  /** From 1: the position of its slice in the tunnel's range. */
  readonly number: number;
  /** `gateway`, then `gateway-2` and so on: its Deployment, its Services, its key in the Secret. */
  readonly name: string;
  /** Its slice of the tunnel's range, in CIDR form. */
  readonly range: string;
  /** Its own IPv4 address inside the tunnel: the first host of its slice, never a device's. */
  readonly address: string;
  /** The public UDP endpoint for its devices: one host, a port for each gateway. */
  readonly endpoint: Endpoint;
  /** URL of its proxy, for Argo CD. */
  readonly proxyUrl: string;
}

export interface Endpoint {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${hostOfUrl(host)}:${port}`;
}

/** The gateways in use, by number. The first one exists even without devices. */
export function gatewaysOf(fleet: Fleet): readonly Gateway[] {
  const numbers = new Set([1]);
  for (const device of fleet.devices) {
    if (device.connectivity === "gateway") numbers.add(numberOf(fleet, device));
  }
  return [...numbers].toSorted((a, b) => a - b).map((number) => gateway(fleet, number));
}

/** How many gateways a range of the tunnel can have. */
export function gatewaysMost(tunnelRange: string): number {
  const { first, last } = knownRange(tunnelRange);
  return Math.ceil((last - first + 1) / sliceAddresses);
}

/** The gateway of a device. The device must be behind one. */
export function gatewayOf(fleet: FleetFacts, device: Device): Gateway {
  if (device.connectivity !== "gateway") throw new Error(`${device.name} is not behind a gateway`);
  return gateway(fleet, numberOf(fleet, device));
}

/** Where a device dials its gateway, in the order in which it tries. The device must be behind one. */
export function endpointsOf(fleet: FleetFacts, device: Device): readonly [Endpoint, ...Endpoint[]] {
  const { endpoint, number } = gatewayOf(fleet, device);
  const { port: declared = null, hosts = [] } = device.machine?.gateway ?? {};
  const port = declared === null ? endpoint.port : declared + number - 1;
  const [first = endpoint.host, ...others] = hosts;
  return [{ host: first, port }, ...others.map((host) => ({ host, port }))];
}

/** The ports on which a gateway listens besides that of its endpoint, ascending. */
export function furtherPortsOf(fleet: Fleet, gatewayInUse: Gateway): readonly number[] {
  const ports = new Set(
    diallersOf(fleet, gatewayInUse).map((device) => endpointsOf(fleet, device)[0].port),
  );
  ports.delete(gatewayInUse.endpoint.port);
  return [...ports].toSorted((a, b) => a - b);
}

/** Whether a device dials the gateway at an IPv6 address. */
export function isDialledByIpv6(fleet: Fleet, gatewayInUse: Gateway): boolean {
  return diallersOf(fleet, gatewayInUse).some((device) =>
    endpointsOf(fleet, device).some(({ host }) => host.includes(":")),
  );
}

/** The devices behind a gateway, sorted by name. */
export function diallersOf(fleet: Fleet, { range }: Gateway): readonly Device[] {
  const slice = knownRange(range);
  return fleet.devices.filter(
    ({ connectivity, address }) =>
      connectivity === "gateway" && rangeContains(slice, parseAddress(address) ?? -1),
  );
}

function numberOf(fleet: FleetFacts, device: Device): number {
  const address = parseAddress(device.address);
  if (address === undefined) throw new Error(`${device.name} has no address in the tunnel`);
  return gatewayNumber(fleet.tunnel.range, address);
}

/** Each device asks for its gateway. */
const knownGateways = new WeakMap<FleetFacts["tunnel"], Map<number, Gateway>>();

function gateway({ tunnel }: FleetFacts, number: number): Gateway {
  const known = knownGateways.get(tunnel) ?? new Map<number, Gateway>();
  knownGateways.set(tunnel, known);
  const found = known.get(number) ?? newGateway(tunnel, number);
  known.set(number, found);
  return found;
}

function newGateway(tunnel: FleetFacts["tunnel"], number: number): Gateway {
  const { first, prefixLength } = knownRange(tunnel.range);
  const base = first + (number - 1) * sliceAddresses;
  const name = number === 1 ? "gateway" : `gateway-${number}`;
  const { host, port } = tunnel.endpoint;
  return {
    number,
    name,
    range: `${formatAddress(base)}/${Math.max(prefixLength, slicePrefixLength)}`,
    address: formatAddress(base + 1),
    endpoint: { host, port: port + number - 1 },
    proxyUrl: `http://${name}.${gatewayNamespace}.svc:${proxyPort}`,
  };
}

/**
 * The number of the gateway whose slice holds an address.
 *
 * @param tunnelRange in CIDR form
 * @throws Error if the address is not in the range
 */
export function gatewayNumber(tunnelRange: string, address: number): number {
  const range = knownRange(tunnelRange);
  if (!rangeContains(range, address)) {
    throw new Error(`${formatAddress(address)} is outside ${tunnelRange}`);
  }
  return Math.floor((address - range.first) / sliceAddresses) + 1;
}

/** Whether an address belongs to a gateway, in use or not: the second one of each slice. */
export function isGatewayAddress(tunnelRange: string, address: number): boolean {
  return (address - knownRange(tunnelRange).first) % sliceAddresses === 1;
}

/**
 * Whether an address of the range is never given to a device: in each slice the first one (the
 * network) and the gateway's; in the whole range the last one (broadcast).
 */
export function isReserved(tunnelRange: string, address: number): boolean {
  const { first, last } = knownRange(tunnelRange);
  const namesNetwork = (address - first) % sliceAddresses === 0;
  return namesNetwork || isGatewayAddress(tunnelRange, address) || address === last;
}

/** Number of devices that the range has addresses for. */
export function deviceCapacity(tunnelRange: string): number {
  const { first, last } = knownRange(tunnelRange);
  const slices = Math.ceil((last - first + 1) / sliceAddresses);
  return Math.max(0, last - first - 2 * slices);
}
