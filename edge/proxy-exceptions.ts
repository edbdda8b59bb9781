/** What a device reaches without its site's proxy. */
import { isInNetwork, knownIp, knownNetwork } from "../fleet/model/ip.ts";
import { fallbackRoute, k3sRanges, type K3sNode } from "../fleet/model/k3s-node.ts";
import type { Machine } from "../fleet/model/machine.ts";

/** The device itself, and the ranges and the domains of its K3s. */
export function reachedDirectly({ podRange, serviceRange }: K3sNode = {}): readonly string[] {
  const ranges = [podRange ?? k3sRanges.pods, serviceRange ?? k3sRanges.services];
  return ["localhost", "127.0.0.0/8", "::1", ...ranges, ".svc", ".cluster.local"];
}

/**
 * For K3s alone, whose API server reaches the kubelet at the node's address: every private range, because
 * an address by DHCP is not known here, and what is known and not private.
 *
 * @param more addresses of the device
 */
export function reachedByK3s(machine: Machine, more: readonly string[]): readonly string[] {
  const addresses = [fallbackRoute.address, ...nodeAddresses(machine)].filter(isPublic);
  return [...privateRanges, ...new Set([...addresses, ...more])];
}

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"] as const;

function isPublic(address: string): boolean {
  return !privateRanges.some((range) => isInNetwork(knownNetwork(range), knownIp(address)));
}

function nodeAddresses({ k3s, interfaces = [] }: Machine): readonly string[] {
  const declared = interfaces.flatMap(({ ipv4, ipv6 }) => [...ipv4.addresses, ...ipv6.addresses]);
  return [
    ...(k3s?.nodeAddress === undefined ? [] : [k3s.nodeAddress]),
    ...declared.flatMap((address) => address.split("/")[0] ?? []),
  ];
}
