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

/** Whether the host is the device itself. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  const ip = parseIp(host);
  if (ip?.family === 6) return ip.value <= 1n;
  return ip !== undefined && /^(127|0)\./.test(host);
}
