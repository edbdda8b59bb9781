/** The grammar of `gateway`: where the devices of a site dial the hub. */
import { z } from "zod";
import { knownRange, parseAddress, rangeContains, unreachableRanges } from "../model/addresses.ts";
import { isLinkLocal, parseIp, reservedUse } from "../model/ip.ts";
import { isHost, isIpv6, isLoopback } from "./hosts.ts";
import { text } from "./value-schemas.ts";

const example = 'Write a name or an IP address, like gateway2.example.com or "2001:db8::9".';

const endpointHost = text((value) => {
  const found = JSON.stringify(value);
  if (value.includes("://")) return `${found} has a scheme. ${example}`;
  if (/^\[.*\]$/.test(value) && isIpv6(value.slice(1, -1))) {
    return `${found} has brackets. Write the address without them: ${value.slice(1, -1)}.`;
  }
  if (/^(\[.*\]|[^:]*):[0-9]*$/.test(value) && !isIpv6(value)) {
    return `${found} has a port. Write the host only, and the port under gateway.port.`;
  }
  if (!isHost(value)) return `${found} is not a valid host. ${example}`;
  if (isLoopback(value)) return `${found} is the device itself. ${example}`;
  return isLocal(value) ? `${found} is not a routable address of one host. ${example}` : undefined;
});

/** Link-local, multicast or broadcast. */
function isLocal(host: string): boolean {
  const ip = parseIp(host);
  if (ip?.family === 6) return isLinkLocal(ip) || reservedUse(ip) === "multicast";
  const address = parseAddress(host);
  return (
    address !== undefined &&
    unreachableRanges.some(([range]) => rangeContains(knownRange(range), address))
  );
}

export const gateway = z
  .strictObject({
    port: z
      .int()
      .min(1)
      .max(65_535)
      .nullish()
      .describe(
        "UDP port that devices dial, like 443 for networks that allow only that; default: that of tunnel.endpoint. The gateway listens on it too. A second gateway has the next port.",
      ),
    endpoints: z
      .array(endpointHost)
      .min(1, { error: "this list is empty. Write at least one host, or omit the key." })
      .max(8)
      .nullish()
      .describe(
        "Names or addresses of the gateway, IPv4 or IPv6, in place of the host of tunnel.endpoint. While one does not answer, the device dials the next.",
      ),
  })
  .nullish()
  .describe("Where the devices dial the gateway.");
