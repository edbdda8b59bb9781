/** What a host can be: a name, an IPv4 address or an IPv6 address. */
import { parseIp } from "../model/ip.ts";
import { hostPattern } from "./value-schemas.ts";

/** A name in numbers alone would be an address with a mistake. */
export function isHostName(text: string): boolean {
  return hostPattern.test(text) && !/^[0-9.]+$/.test(text);
}

/** Without brackets and without a zone. */
export function isIpv6(text: string): boolean {
  return parseIp(text)?.family === 6;
}

export function isHost(text: string): boolean {
  return isHostName(text) || parseIp(text) !== undefined;
}

/** A host as a URL has it: an IPv6 address in brackets, and maybe a port. */
export function isAuthority(text: string): boolean {
  const [, ipv6, name = "", port] =
    /^(?:\[([^\]]*)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/.exec(text) ?? [];
  const isKnown = ipv6 === undefined ? isHost(name) : isIpv6(ipv6);
  return isKnown && (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535));
}

/** Whether the host is the device itself. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  const ip = parseIp(host);
  if (ip?.family === 6) return ip.value <= 1n;
  return ip !== undefined && /^(127|0)\./.test(host);
}
