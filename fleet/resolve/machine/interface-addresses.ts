/** What is wrong with the addresses, gateways and routes of one interface. */
import type { Mistake } from "../../grammar/mistakes.ts";
import type { Path } from "../../grammar/source.ts";
import {
  formatIp,
  formatNetwork,
  ipBits,
  isInNetwork,
  isLinkLocal,
  lastOf,
  networkOf,
  knownIp,
  knownNetwork,
  reservedUse,
  type Ip,
  type IpInNetwork,
} from "../../model/ip.ts";
import type { IpKey, IpSettings, NetworkInterface } from "../../model/network-interface.ts";
import type { Inherited } from "./inherited.ts";
import type { InterfacesInput } from "./interfaces.ts";
import { repeatedItems } from "./repeated.ts";

/** One family of an interface: its addresses, and how a mistake in it is reported. */
interface Family {
  readonly settings: IpSettings;
  readonly own: readonly IpInNetwork[];
  wrong(path: Path, message: string): Mistake;
}

export function addressMistakes(
  declared: Inherited<InterfacesInput>,
  each: NetworkInterface,
): Mistake[] {
  const { name, controller } = each;
  if (controller !== undefined) {
    const used = (["ipv4", "ipv6"] as const).filter((key) =>
      needsAddress(each[key], declared, name, key),
    );
    return used.map((key) => {
      const message = `${name} is a port of ${controller.name}, which has the addresses. Write them at ${controller.name}, and delete this key.`;
      return declared.keyMistake([name, key], message);
    });
  }
  return (["ipv4", "ipv6"] as const).flatMap((key) => {
    const settings = each[key];
    const family: Family = {
      settings,
      own: settings.addresses.map(knownNetwork),
      wrong: (path, message) => declared.mistake([name, key, ...path], message),
    };
    const forbidden = methodMistakes(declared, name, key, settings);
    return forbidden.length > 0
      ? forbidden
      : [
          ...ownMistakes(family),
          ...gatewayMistakes(family),
          ...routeMistakes(family),
          ...dnsMistakes(family),
        ];
  });
}

/** Whether a port has settings other than that it has no addresses. */
function needsAddress(
  settings: IpSettings,
  { value }: Inherited<InterfacesInput>,
  name: string,
  key: IpKey,
): boolean {
  const input = value[name]?.[key];
  if (input === undefined) return false;
  const { method, ...rest } = input;
  return Object.keys(rest).length > 0 || (method !== undefined && method !== settings.method);
}

function methodMistakes(
  declared: Inherited<InterfacesInput>,
  name: string,
  key: IpKey,
  { method, addresses }: IpSettings,
): Mistake[] {
  if (method === "manual") {
    return addresses.length > 0
      ? []
      : [
          declared.mistake(
            [name, key, "method"],
            `method is manual and "addresses" is missing. Write the addresses, or method: auto.`,
          ),
        ];
  }
  if (method !== "disabled" && method !== "link-local") return [];
  const input = declared.value[name]?.[key] ?? {};
  const used = (["addresses", "gateway", "dns", "dnsSearch", "routes"] as const).filter(
    (setting) => input[setting] !== undefined,
  );
  return used.map((setting) => {
    const message = `method is ${method}, which excludes ${setting}. Delete this key, or write another method.`;
    return declared.keyMistake([name, key, setting], message);
  });
}

function ownMistakes({ own, wrong }: Family): Mistake[] {
  return own.flatMap((address, index) => {
    const problem = hostProblem(address);
    return problem === undefined ? [] : wrong(["addresses", index], `${problem}.`);
  });
}

/** Why no host can have the address. */
function hostProblem(address: IpInNetwork): string | undefined {
  const { ip, prefixLength } = address;
  const text = formatIp(ip);
  const use = reservedUse(ip);
  if (use !== undefined) return `${text} is reserved (${use}). Write an address of the network`;
  if (prefixLength === 0) {
    return `${text}/0 has no network. Write the length of its prefix, like ${ip.family === 4 ? 24 : 64}`;
  }
  return edgeProblem(address, ip);
}

/** Networks of one and of two addresses have neither (RFC 3021, RFC 6164). */
function edgeProblem(network: IpInNetwork, ip: Ip): string | undefined {
  const hostBits = ipBits[ip.family] - network.prefixLength;
  if (hostBits < 2) return undefined;
  const range = formatNetwork(network);
  if (networkOf(network).ip.value === ip.value) {
    return `${formatIp(ip)} is the address of the network ${range} itself. Write an address inside it`;
  }
  return ip.family === 4 && lastOf(network).value === ip.value
    ? `${formatIp(ip)} is the broadcast address of ${range}. Write another address inside it`
    : undefined;
}

function gatewayMistakes({ settings, own, wrong }: Family): Mistake[] {
  const { gateway, neverDefault = false } = settings;
  if (gateway === undefined) return [];
  const ip = knownIp(gateway);
  const at = (message: string) => [wrong(["gateway"], message)];
  if (own.length === 0) {
    return at(
      `a gateway requires addresses; with method ${settings.method} it comes from the network. Write the addresses, or delete this key.`,
    );
  }
  if (neverDefault) {
    return at("neverDefault excludes a gateway. Delete one of them.");
  }
  const problem = routerProblem(ip, own, settings, `gateway ${gateway}`);
  return problem === undefined ? [] : at(problem);
}

/** Why a router cannot be reached from the addresses. */
function routerProblem(
  ip: Ip,
  own: readonly IpInNetwork[],
  { routes }: IpSettings,
  what: string,
): string | undefined {
  const use = reservedUse(ip);
  if (use !== undefined) return `${what} is reserved (${use}). Write the router's address.`;
  if (own.some((address) => address.ip.value === ip.value)) {
    return `${what} is this interface's own address. Write the router's address.`;
  }
  if (ip.family === 6 && isLinkLocal(ip)) return undefined;
  // Some hosting providers assign a single address (/32), and a router outside its network.
  const onLink = routes.filter(({ via }) => via === undefined).map(({ to }) => knownNetwork(to));
  if (onLink.some((route) => isInNetwork(route, ip))) return undefined;
  const network = own.find((address) => isInNetwork(address, ip));
  if (network === undefined) {
    const known = own.map(formatNetwork).join(", ");
    return `${what} is not inside ${known}, so it is unreachable. Write a router in the interface's network, or a route to it without via: { to: ${formatIp(ip)}/${ipBits[ip.family]} }.`;
  }
  const edge = edgeProblem(network, ip);
  return edge === undefined ? undefined : `${edge}.`;
}

function routeMistakes({ settings, own, wrong }: Family): Mistake[] {
  const seen = new Set<string>();
  return settings.routes.flatMap(({ to, via, metric }, index) => {
    const network = knownNetwork(to);
    const same = `${formatNetwork(network)} ${metric ?? settings.routeMetric ?? ""}`;
    const isTwice = seen.has(same);
    seen.add(same);
    if (isTwice) {
      return wrong(
        ["routes", index, "to"],
        `${to} appears twice with one metric. Delete one route.`,
      );
    }
    // A network that is larger than what is reserved in it leads elsewhere: 0.0.0.0/1.
    const use = reservedUse(network.ip);
    const isWithin = use === reservedUse(lastOf(network));
    if (use !== undefined && use !== "multicast" && isWithin) {
      return wrong(["routes", index, "to"], `${to} is reserved (${use}). Write another network.`);
    }
    if (via === undefined) return [];
    // With DHCP the interface has networks that are not known here.
    const isKnown = settings.method === "manual";
    const problem = routerProblem(knownIp(via), own, settings, `via ${via}`);
    return problem === undefined || (!isKnown && problem.includes("unreachable"))
      ? []
      : wrong(["routes", index, "via"], problem);
  });
}

function dnsMistakes({ settings, wrong }: Family): Mistake[] {
  const servers = settings.dns.map(knownIp);
  const domains = settings.dnsSearch.map((domain) => domain.toLowerCase());
  const reserved = servers.flatMap((server, index) => {
    const use = reservedUse(server);
    if (use === undefined) return [];
    const message = `${formatIp(server)} is reserved (${use}). Write a DNS server's address.`;
    return wrong(["dns", index], message);
  });
  const twice = Object.entries({ dns: servers.map(formatIp), dnsSearch: domains }).flatMap(
    ([key, values]) => repeatedItems({ mistake: wrong }, [key], values, { shown: String }),
  );
  return [...reserved, ...twice];
}
