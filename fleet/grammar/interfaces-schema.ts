/** The grammar of `interfaces`. If nmcli(1) has a name for a setting, the key has it too. */
import { z } from "zod";
import { macProblem } from "./mac-address.ts";
import {
  bondModes,
  bondOptions,
  type BondOption,
  type BondOptionName,
} from "../model/bond-options.ts";
import { formatNetwork, networkOf, parseIp, parseIpInNetwork } from "../model/ip.ts";
import { fallbackRoute } from "../model/k3s-node.ts";
import type { IpFamily } from "../model/ip.ts";
import {
  interfaceTypes,
  ipMethods,
  wifiSecurities,
  type IpKey,
} from "../model/network-interface.ts";
import { tunnelInterface } from "../model/contract.ts";
import { secretReference } from "./secret-reference.ts";
import { domainName, text } from "./value-schemas.ts";

/** The kernel's IFNAMSIZ, without the zero at the end. */
const nameLengthMax = 15;

/** Interfaces that the kernel, K3s and Flotilla make themselves, and names that sysctl reads otherwise. */
export function isMadeInterface(name: string): boolean {
  const names =
    /^(lo|all|default|bonding_masters|cni0|kube-.*|flannel.*|veth.*|nodelocaldns|fallback0)$/;
  return names.test(name) || name === tunnelInterface;
}

export const interfaceName = text((name) => {
  if (isMadeInterface(name)) {
    return `"${name}" is an interface that Flotilla, K3s or the kernel makes. Write another name.`;
  }
  if (name.length > nameLengthMax) {
    return `"${name}" has ${name.length} characters, and the kernel allows ${nameLengthMax}. Write a shorter name.`;
  }
  return /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)
    ? undefined
    : `${JSON.stringify(name)} is not a valid interface name. Write letters, digits, hyphens, dots and underscores, like eno1.`;
});

const families = {
  ipv4: { family: 4, other: "ipv6", address: "10.1.0.5", network: "10.9.0.0/16" },
  ipv6: { family: 6, other: "ipv4", address: "2001:db8::5", network: "2001:db8:9::/48" },
} as const satisfies Readonly<Record<IpKey, { family: IpFamily } & Record<string, unknown>>>;

/** A message on an address of the other family, or on a text that is not an address. */
function addressProblem(value: string, key: IpKey, found: IpFamily | undefined, example: string) {
  const { family, other } = families[key];
  if (found === family) return undefined;
  return found === undefined
    ? `${JSON.stringify(value)} is not a valid IPv${family} address. Write one like ${example}.`
    : `"${value}" is an IPv${found} address. Write it under ${other}.`;
}

const hostAddress = (key: IpKey) =>
  text((value) => addressProblem(value, key, parseIp(value)?.family, families[key].address));

function interfaceAddress(key: IpKey) {
  const { address } = families[key];
  const length = key === "ipv4" ? 24 : 64;
  return text((value) => {
    const found = parseIpInNetwork(value);
    if (found === undefined && parseIp(value) !== undefined) {
      return `"${value}" has no prefix length. Write the address with the length of its network, like ${value}/${length}.`;
    }
    const withLength = found === undefined && key === "ipv4" && withoutMask(value);
    if (withLength) return `"${value}" has a network mask. Write ${withLength}.`;
    return addressProblem(value, key, found?.ip.family, `${address}/${length}`);
  });
}

/** `10.1.1.2/24` for `10.1.1.2/255.255.255.0`; undefined where it is not that. */
function withoutMask(value: string): string | undefined {
  const [, address = "", mask = ""] = /^([^/]+)\/([^/]+)$/.exec(value) ?? [];
  const bits = parseIp(mask)?.value.toString(2).padStart(32, "0") ?? "";
  const [ones] = /^1*(?=0*$)/.exec(bits) ?? [];
  const length = ones?.length ?? 0;
  return length > 0 && bits.length === 32 && parseIp(address)?.family === 4
    ? `${address}/${length}`
    : undefined;
}

const routeTarget = (key: IpKey) =>
  text((value) => {
    const { network, family } = families[key];
    const found = parseIpInNetwork(value);
    if (value === "default") return `"default" is the default route. Write it as gateway.`;
    if (found === undefined && parseIp(value)?.family === family) {
      return `"${value}" has no prefix length. Write the network, like ${network}, or ${value}/${family === 4 ? 32 : 128} for one address.`;
    }
    const withLength = found === undefined && key === "ipv4" && withoutMask(value);
    if (withLength) return `"${value}" has a network mask. Write ${withLength}.`;
    const problem = addressProblem(value, key, found?.ip.family, network);
    if (problem !== undefined || found === undefined) return problem;
    if (found.prefixLength === 0) return `"${value}" is the default route. Write it as gateway.`;
    return networkOf(found).ip.value === found.ip.value
      ? undefined
      : `"${value}" is an address inside a network. Write the network: ${formatNetwork(found)}.`;
  });

/** Below that of the fallback route (edge/parts/fallback-route.ts), which has to come last. */
const metric = z
  .int()
  .min(0)
  .max(fallbackRoute.metric - 1);

/** An empty list would silently replace the list of another level. */
const listMax = 32;

function ip(key: IpKey) {
  const { family } = families[key];
  return z
    .strictObject({
      method: z
        .enum(ipMethods[key])
        .nullish()
        .describe(
          `How the interface gets its IPv${family} addresses; default: manual if addresses are declared, else auto (${family === 4 ? "DHCP" : "router advertisements, and DHCPv6 if they ask for it"}).`,
        ),
      addresses: z
        .array(interfaceAddress(key))
        .max(listMax)
        .nullish()
        .describe(
          `Addresses with the prefix length of their network, like ${families[key].address}/${family === 4 ? 24 : 64}.`,
        ),
      gateway: hostAddress(key).nullish().describe("The router of the default route."),
      dns: z.array(hostAddress(key)).max(listMax).nullish().describe("DNS servers, in order."),
      dnsSearch: z
        .array(domainName)
        .max(listMax)
        .nullish()
        .describe("DNS search domains, in order."),
      routes: z
        .array(
          z.strictObject({
            to: routeTarget(key).describe("The network, in CIDR form."),
            via: hostAddress(key).optional().describe("The router; default: on the link itself."),
            metric: metric.optional().describe("The lower one wins; default: routeMetric."),
          }),
        )
        .max(256)
        .nullish()
        .describe("Routes besides the default route and that of the interface's own network."),
      routeMetric: metric
        .nullish()
        .describe(
          "The metric of the interface's routes; the lower one wins. Default: by type, 100 for ethernet.",
        ),
      ignoreAutoDns: z
        .boolean()
        .nullish()
        .describe("Whether DNS servers and domains of DHCP or router advertisements are ignored."),
      neverDefault: z
        .boolean()
        .nullish()
        .describe("Whether the default route never goes through this interface."),
    })
    .nullish()
    .describe(`IPv${family} of the interface.`);
}

function bondOption({ expected, isValid }: BondOption) {
  return z
    .union([z.string(), z.int()], { error: `this is not a valid value. Write ${expected}.` })
    .check((context) => {
      if (isValid(String(context.value))) return;
      const message = `${JSON.stringify(context.value)} is not a valid value. Write ${expected}.`;
      context.issues.push({ code: "custom", message, input: context.value });
    })
    .nullish()
    .describe(`The kernel's option: ${expected}.`);
}

const bondOptionFields = Object.fromEntries(
  Object.entries(bondOptions).map(([name, option]) => [name, bondOption(option)]),
) as Record<BondOptionName, ReturnType<typeof bondOption>>;

const ports = z.array(z.string()).max(listMax).nullish();

/** The standard counts bytes. */
const ssidBytesMax = 32;

const ssid = text((value) => {
  const bytes = new TextEncoder().encode(value).length;
  if (bytes === 0) return "this name is empty. Write the SSID of the network.";
  return bytes > ssidBytesMax
    ? `this SSID has ${bytes} bytes, and ${ssidBytesMax} are allowed. Write a shorter one.`
    : undefined;
});

export const interfaces = z
  .record(
    interfaceName,
    z
      .strictObject({
        type: z.enum(interfaceTypes).nullish().describe("Default: ethernet."),
        macAddress: text(macProblem)
          .nullish()
          .describe(
            "The interface is the one with this MAC address, in any notation; its name here can be any.",
          ),
        mtu: z
          .int()
          .min(576)
          .max(16_384)
          .nullish()
          .describe("The largest packet in bytes; default: the driver's, 1500 for ethernet."),
        ipv4: ip("ipv4"),
        ipv6: ip("ipv6"),
        vlan: z
          .strictObject({
            id: z.int().min(1).max(4094).nullish().describe("The VLAN's number, 1 to 4094."),
            parent: z
              .string()
              .nullish()
              .describe("The interface under interfaces that carries it."),
          })
          .nullish()
          .describe("With type: vlan."),
        bond: z
          .strictObject({
            mode: z.enum(bondModes).nullish().describe("Default: active-backup."),
            ports: ports.describe("The interfaces under interfaces that it combines."),
            options: z
              .strictObject(bondOptionFields)
              .nullish()
              .describe("Options of the kernel's bonding driver."),
          })
          .nullish()
          .describe("With type: bond."),
        bridge: z
          .strictObject({
            ports: ports.describe("The interfaces under interfaces that it connects."),
            stp: z
              .boolean()
              .nullish()
              .describe("Whether it uses the spanning tree protocol; default: false."),
          })
          .nullish()
          .describe("With type: bridge."),
        wifi: z
          .strictObject({
            ssid: ssid.nullish().describe("The name of the network."),
            security: z.enum(wifiSecurities).nullish().describe("Default: wpa2."),
            passphrase: secretReference("The passphrase of the network"),
            hidden: z
              .boolean()
              .nullish()
              .describe("Whether the network does not announce its name; default: false."),
          })
          .nullish()
          .describe("With type: wifi."),
      })
      .nullable(),
  )
  .nullish()
  .describe("The device's network interfaces by name. Those that are not declared use DHCP.");
