/** IP addresses of both families and their networks, as numbers and in text (RFC 4291, RFC 5952). */
import { formatAddress, parseAddress } from "./addresses.ts";

export type IpFamily = 4 | 6;

export interface Ip {
  readonly family: IpFamily;
  readonly value: bigint;
}

/** An address with the length of its network's prefix: `10.1.0.5/24`. */
export interface IpInNetwork {
  readonly ip: Ip;
  readonly prefixLength: number;
}

export const ipBits = { 4: 32, 6: 128 } as const satisfies Readonly<Record<IpFamily, number>>;

/** The address, or undefined if the text is not one. A zone (`fe80::1%eno1`) is not part of one. */
export function parseIp(text: string): Ip | undefined {
  const number = parseAddress(text);
  if (number !== undefined) return { family: 4, value: BigInt(number) };
  const value = text.includes(":") ? parseGroups(text) : undefined;
  return value === undefined ? undefined : { family: 6, value };
}

const groupsMax = 8;

function parseGroups(text: string): bigint | undefined {
  const halves = text
    .split("::")
    .map((half, index, { length }) => groupsOf(half, index === length - 1));
  if (halves.length > 2 || halves.includes(undefined)) return undefined;
  const [left = [], right] = halves;
  const count = left.length + (right?.length ?? 0);
  if (right === undefined ? count !== groupsMax : count >= groupsMax) return undefined;
  const zeros = Array.from({ length: groupsMax - count }, () => 0n);
  return [...left, ...zeros, ...(right ?? [])].reduce((sum, group) => sum * 65_536n + group, 0n);
}

/** Groups of four hexadecimal digits; the last two of all can be written as an IPv4 address. */
function groupsOf(text: string, isEnd: boolean): bigint[] | undefined {
  if (text === "") return [];
  const words = text.split(":");
  const isDotted = isEnd && words.at(-1)?.includes(".") === true;
  const embedded = isDotted ? parseAddress(words.pop() ?? "") : null;
  if (embedded === undefined) return undefined;
  if (words.some((word) => !/^[0-9A-Fa-f]{1,4}$/.test(word))) return undefined;
  const groups = words.map((word) => BigInt(`0x${word}`));
  if (embedded === null) return groups;
  return [...groups, BigInt(Math.floor(embedded / 65_536)), BigInt(embedded % 65_536)];
}

/** The one spelling of an address: lower case, the longest run of zeros as `::`. */
export function formatIp({ family, value }: Ip): string {
  if (family === 4) return formatAddress(Number(value));
  const groups = Array.from({ length: groupsMax }, (_, index) =>
    ((value >> BigInt(16 * (groupsMax - 1 - index))) & 65_535n).toString(16),
  );
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/** The first of the longest runs of groups that are zero. */
function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== "0") start = index + 1;
    const length = index + 1 - start;
    if (length > longest.length) longest = { start, length };
  }
  return longest;
}

/** An address with its prefix length, or undefined. */
export function parseIpInNetwork(text: string): IpInNetwork | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  return Number(length) > ipBits[ip.family] ? undefined : { ip, prefixLength: Number(length) };
}

/** The first address of a network, whose host part is zero. */
export function networkOf({ ip, prefixLength }: IpInNetwork): IpInNetwork {
  const hostBits = BigInt(ipBits[ip.family] - prefixLength);
  return { ip: { ...ip, value: (ip.value >> hostBits) << hostBits }, prefixLength };
}

export function lastOf(network: IpInNetwork): Ip {
  const { ip, prefixLength } = networkOf(network);
  return { ...ip, value: ip.value + (1n << BigInt(ipBits[ip.family] - prefixLength)) - 1n };
}

export function formatNetwork(network: IpInNetwork): string {
  return `${formatIp(networkOf(network).ip)}/${network.prefixLength}`;
}

export function isInNetwork(network: IpInNetwork, ip: Ip): boolean {
  return (
    ip.family === network.ip.family &&
    networkOf({ ip, prefixLength: network.prefixLength }).ip.value === networkOf(network).ip.value
  );
}

export function networksOverlap(a: IpInNetwork, b: IpInNetwork): boolean {
  return isInNetwork(a, networkOf(b).ip) || isInNetwork(b, networkOf(a).ip);
}

/** An address as the host of a URL and of `host:port`: an IPv6 address is in brackets (RFC 3986). */
export function hostOfUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

const special: readonly (readonly [network: string, what: string])[] = [
  ["0.0.0.0/8", "this network"],
  ["127.0.0.0/8", "loopback"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["::ffff:0:0/96", "an IPv4 address in IPv6 form"],
  ["ff00::/8", "multicast"],
];

/** Why no host can have the address, or undefined: `multicast`. */
export function reservedUse(ip: Ip): string | undefined {
  return special.find(([text]) => isInNetwork(knownNetwork(text), ip))?.[1];
}

/** An address that is reachable on its own link only. */
export function isLinkLocal(ip: Ip): boolean {
  // Not a constant of the file: programs of the hub would have it in their bundles.
  return isInNetwork(knownNetwork("fe80::/10"), ip);
}

/** The address of a text that is known to be valid. */
export function knownIp(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`${text} is not an IP address`);
  return ip;
}

/** The network of a text that is known to be valid. */
export function knownNetwork(text: string): IpInNetwork {
  const network = parseIpInNetwork(text);
  if (network === undefined) throw new Error(`${text} is not a network`);
  return network;
}
