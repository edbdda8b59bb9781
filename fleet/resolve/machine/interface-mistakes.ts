/** What is wrong with the interfaces of one device: how they are connected. */
import type { Mistake } from "../../grammar/mistakes.ts";
import type { Path } from "../../grammar/source.ts";
import {
  bondOptions,
  type BondMode,
  type BondOption,
  type BondOptionName,
} from "../../model/bond-options.ts";
import { closest } from "../../model/names.ts";
import {
  interfaceTypes,
  kernelName,
  type InterfaceType,
  type NetworkInterface,
} from "../../model/network-interface.ts";
import type { Inherited } from "./inherited.ts";
import { addressMistakes } from "./interface-addresses.ts";
import { portsOf, type InterfacesInput } from "./interfaces.ts";

/** The interfaces of one device, and where they are written. */
export interface DeclaredInterfaces {
  readonly declared: Inherited<InterfacesInput>;
  readonly named: ReadonlyMap<string, NetworkInterface>;
}

export function interfaceMistakes(
  declared: Inherited<InterfacesInput>,
  interfaces: readonly NetworkInterface[],
): Mistake[] {
  const all = { declared, named: new Map(interfaces.map((each) => [each.name, each])) };
  // An interface with an invalid value has its mistake.
  const valid = interfaces.filter(({ name }) => declared.isValid([name]));
  const found = valid.flatMap((each) => [
    ...sectionMistakes(all, each),
    ...nameMistakes(declared, each),
    ...vlanMistakes(all, each),
    ...portMistakes(all, each),
    ...bondMistakes(all, each),
    ...wifiMistakes(all, each),
    ...mtuMistakes(all, each),
    ...addressMistakes(declared, each),
  ]);
  const whole =
    valid.length === interfaces.length && found.length === 0
      ? [...loopMistakes(all), ...wayOutMistakes(all)]
      : [];
  return [...found, ...sharedMistakes(all), ...whole];
}

/** Sections that belong to another type. */
function sectionMistakes({ declared }: DeclaredInterfaces, each: NetworkInterface): Mistake[] {
  const { name, type } = each;
  const input = declared.value[name] ?? {};
  const sections = interfaceTypes.filter((other) => other !== "ethernet" && other !== type);
  const wrong = sections
    .filter((section) => section in input)
    .map((section) =>
      declared.keyMistake(
        [name, section],
        `"${section}" requires type: ${section}, and ${name} has type: ${type}. Write type: ${section}, or delete this key.`,
      ),
    );
  if (each.macAddress === undefined || type === "ethernet" || type === "wifi") return wrong;
  const message = `macAddress finds an interface of type ethernet or wifi, and ${name} has type: ${type}. Delete this key.`;
  return [...wrong, declared.keyMistake([name, "macAddress"], message)];
}

/** The type, other than ethernet, that the kernel and systemd give such a name. */
const namesOfTypes: readonly (readonly [RegExp, (name: string) => string])[] = [
  [
    /\.\d+$/,
    (name) =>
      `a VLAN. Write type: vlan and vlan: { id: ${name.replace(/^.*\./, "")}, parent: ${name.replace(/\.\d+$/, "")} }`,
  ],
  [/^vlan\d+$/, () => "a VLAN. Write type: vlan"],
  [/^bond\d+$/, () => "a bond. Write type: bond"],
  [/^br\d+$/, () => "a bridge. Write type: bridge"],
  [/^wl(an\d|[opx])/, () => "a Wi-Fi card. Write type: wifi"],
  [
    /^(ww(an\d|[opx])|ppp\d)/,
    () => "a modem, which Flotilla does not set up. Write an interface with a cable",
  ],
];

/** An ethernet interface of such a name never appears, and nothing else uses the settings. */
function nameMistakes(
  declared: Inherited<InterfacesInput>,
  { name, type, macAddress }: NetworkInterface,
): Mistake[] {
  const sections = Object.keys(declared.value[name] ?? {});
  const isOther = interfaceTypes.some((other) => sections.includes(other));
  if (type !== "ethernet" || macAddress !== undefined || isOther) return [];
  const found = namesOfTypes.find(([pattern]) => pattern.test(name));
  if (found === undefined) return [];
  const message = `${name} has the name of ${found[1](name)}, or a macAddress if it is an ethernet interface.`;
  return [declared.keyMistake([name], message)];
}

function vlanMistakes(all: DeclaredInterfaces, { name, mtu, vlan }: NetworkInterface): Mistake[] {
  const { declared, named } = all;
  if (vlan === undefined) return [];
  const missing = (["id", "parent"] as const)
    .filter((key) => declared.value[name]?.vlan?.[key] === undefined)
    .map((key) =>
      declared.mistake(
        [name],
        `"vlan.${key}" is missing. Write ${key === "id" ? "the VLAN's number, 1 to 4094" : "the interface that carries the VLAN"}.`,
      ),
    );
  if (missing.length > 0) return missing;
  const path = [name, "vlan", "parent"];
  if (vlan.parent === name) {
    return [declared.mistake(path, `${name} cannot be its own parent. Write another interface.`)];
  }
  const parent = named.get(vlan.parent);
  if (parent === undefined) return unknownInterface(all, path, vlan.parent);
  if (parent.type === "wifi") {
    const message = `${parent.name} has type: wifi, and Wi-Fi carries no VLANs. Write another interface.`;
    return [declared.mistake(path, message)];
  }
  if (parent.controller !== undefined) {
    const message = `${parent.name} is a port of ${parent.controller.name}. Write ${parent.controller.name}, or another interface.`;
    return [declared.mistake(path, message)];
  }
  const parentMtu = parent.mtu ?? mtuOfEthernet;
  if (mtu === undefined || mtu <= parentMtu) return [];
  const message = `mtu ${mtu} is larger than that of the parent ${parent.name} (${parentMtu}). Write at most ${parentMtu}, or a larger mtu at ${parent.name}.`;
  return [declared.mistake([name, "mtu"], message)];
}

const mtuOfEthernet = 1500;

function unknownInterface({ declared, named }: DeclaredInterfaces, path: Path, name: string) {
  if (declared.isWritten([name])) return [];
  const near = closest(name, [...named.keys()]);
  const suggestion = near === undefined ? "" : ` Did you mean ${near}?`;
  const message = `"${name}" is not an interface of this device. Declare it under interfaces.${suggestion}`;
  return [declared.mistake(path, message)];
}

/** The smallest useful number of ports, and the types that a port can have. */
const controllers = {
  bond: { portsMin: 2, types: ["ethernet", "vlan"] },
  bridge: { portsMin: 1, types: ["ethernet", "vlan", "bond"] },
} as const satisfies Record<string, { portsMin: number; types: readonly InterfaceType[] }>;

function portMistakes(all: DeclaredInterfaces, { name, type }: NetworkInterface): Mistake[] {
  if (type !== "bond" && type !== "bridge") return [];
  const { declared, named } = all;
  const ports = portsOf(declared.value[name] ?? {});
  const { portsMin, types } = controllers[type];
  const path = [name, type, "ports"];
  if (ports.length < portsMin) {
    const wanted = portsMin === 1 ? "at least one interface" : `at least ${portsMin} interfaces`;
    const message =
      ports.length === 0
        ? `"${type}.ports" is missing. Write ${wanted}.`
        : `a bond of one port is not a bond. Write ${wanted}.`;
    return [declared.mistake(ports.length === 0 ? [name] : path, message)];
  }
  return ports.flatMap((port, index) => {
    const place = [...path, index];
    const wrong = (message: string) => [declared.mistake(place, message)];
    if (port === name) return wrong(`${name} cannot be its own port. Write another interface.`);
    if (ports.indexOf(port) !== index) {
      return wrong(`"${port}" appears twice in this list. Delete one.`);
    }
    const found = named.get(port);
    if (found === undefined) return unknownInterface(all, place, port);
    if (!types.some((allowed) => allowed === found.type)) {
      return wrong(
        `${port} has type: ${found.type}, and the ports of a ${type} have: ${types.join(", ")}. Write another interface.`,
      );
    }
    const { controller } = found;
    return controller === undefined || controller.name === name
      ? []
      : wrong(`${port} is a port of ${controller.name} already. Delete it in one of them.`);
  });
}

function bondMistakes(all: DeclaredInterfaces, { name, bond }: NetworkInterface): Mistake[] {
  if (bond === undefined) return [];
  const isUnknown = (port: string) => {
    const found = all.named.get(port);
    return found !== undefined && kernelName(found) === undefined;
  };
  const { mode, ports, options } = bond;
  const wrong = (option: string, message: string) =>
    all.declared.mistake([name, "bond", "options", option], message);
  const mistakes = Object.entries(options).flatMap(([option, value]) => {
    const { modes }: BondOption = bondOptions[option as BondOptionName];
    if (modes !== undefined && !modes.includes(mode)) {
      return wrong(
        option,
        `${option} does not work with mode: ${mode}. Delete it, or write one of these modes: ${modes.join(", ")}.`,
      );
    }
    if (option !== "primary") return [];
    if (!ports.includes(value)) {
      return wrong(
        option,
        `"${value}" is not a port of ${name}. Write one of: ${ports.join(", ")}.`,
      );
    }
    return isUnknown(value)
      ? wrong(
          option,
          `${value} is found by its macAddress, so its name on the device is not known, and the kernel wants the name. Delete primary, or declare the port by its name.`,
        )
      : [];
  });
  return mistakes.length > 0 ? mistakes : linkWatchMistakes(mode, options, wrong);
}

/** A bond finds broken links by their state (miimon) or by ARP, not by both. */
function linkWatchMistakes(
  mode: BondMode,
  options: Readonly<Record<string, string>>,
  wrong: (option: string, message: string) => Mistake,
): Mistake[] {
  const isOn = (option: string) => (options[option] ?? "0") !== "0";
  if (isOn("miimon") && isOn("arp_interval")) {
    return [wrong("arp_interval", "miimon and arp_interval exclude each other. Delete one.")];
  }
  if (isOn("arp_interval") && options["arp_ip_target"] === undefined) {
    return [wrong("arp_interval", `arp_interval requires "arp_ip_target". Write it here.`)];
  }
  if (!isOn("arp_interval")) {
    const needs = ["arp_ip_target", "arp_validate"].filter((option) => option in options);
    if (needs.length > 0) {
      return needs.map((option) =>
        wrong(option, `${option} requires "arp_interval". Write it here.`),
      );
    }
  }
  const delays = ["updelay", "downdelay"].filter((option) => isOn(option) && !isOn("miimon"));
  if (delays.length > 0) {
    return delays.map((option) => wrong(option, `${option} requires "miimon". Write it here.`));
  }
  const { num_grat_arp: arp, num_unsol_na: na } = options;
  return arp !== undefined && na !== undefined && arp !== na
    ? [
        wrong(
          "num_unsol_na",
          `num_unsol_na and num_grat_arp are one number in the kernel (${mode}). Write the same one, or delete one.`,
        ),
      ]
    : [];
}

function wifiMistakes({ declared }: DeclaredInterfaces, each: NetworkInterface): Mistake[] {
  const { name, wifi } = each;
  if (wifi === undefined) return [];
  if (declared.value[name]?.wifi?.ssid === undefined) {
    return [declared.mistake([name], `"wifi.ssid" is missing. Write the name of the network.`)];
  }
  const path = [name, "wifi", "passphrase"];
  if (wifi.security === "open" && wifi.passphrase !== undefined) {
    const message = "an open network has no passphrase. Delete this key, or write security: wpa2.";
    return [declared.keyMistake(path, message)];
  }
  return wifi.security !== "open" && wifi.passphrase === undefined
    ? [
        declared.mistake(
          [name, "wifi"],
          `"passphrase" is missing. Write { file: path } or { env: NAME }, or security: open.`,
        ),
      ]
    : [];
}

/** RFC 8200: every link carries packets of this size. */
const mtuOfIpv6Min = 1280;

function mtuMistakes({ declared, named }: DeclaredInterfaces, each: NetworkInterface): Mistake[] {
  const { name, mtu, ipv6, controller, bridge } = each;
  if (mtu === undefined) return [];
  const wrong = (message: string) => [declared.mistake([name, "mtu"], message)];
  if (mtu < mtuOfIpv6Min && ipv6.method !== "disabled" && controller === undefined) {
    return wrong(
      `mtu ${mtu} is too small for IPv6, which requires ${mtuOfIpv6Min}. Write at least ${mtuOfIpv6Min}, or ipv6: { method: disabled }.`,
    );
  }
  for (const port of bridge?.ports ?? []) {
    const portMtu = named.get(port)?.mtu ?? mtuOfEthernet;
    if (mtu > portMtu && named.has(port)) {
      return wrong(
        `mtu ${mtu} is larger than that of the port ${port} (${portMtu}). Write at most ${portMtu}, or a larger mtu at ${port}.`,
      );
    }
  }
  return [];
}

/** VLANs with one number on one parent. */
function sharedMistakes({ declared, named }: DeclaredInterfaces): Mistake[] {
  const holders = new Map<string, string>();
  return [...named.values()].flatMap(({ name, vlan }) => {
    if (vlan === undefined || vlan.parent === "" || vlan.id === 0) return [];
    const what = `the VLAN ${vlan.id} on ${vlan.parent}`;
    const holder = holders.get(what);
    if (holder === undefined) {
      holders.set(what, name);
      return [];
    }
    return declared.mistake(
      [name, "vlan", "id"],
      `${holder} has ${what} already. Write another one.`,
    );
  });
}

/** VLANs, bonds and bridges that are connected in a circle. */
function loopMistakes({ declared, named }: DeclaredInterfaces): Mistake[] {
  const below = (name: string): readonly string[] => {
    const { vlan, bond, bridge } = named.get(name) ?? {};
    return [...(vlan ? [vlan.parent] : []), ...(bond?.ports ?? []), ...(bridge?.ports ?? [])];
  };
  const reaches = (from: string, to: string, seen: ReadonlySet<string>): boolean =>
    below(from).some(
      (next) => next === to || (!seen.has(next) && reaches(next, to, new Set([...seen, next]))),
    );
  const looped = [...named.values()].find(({ name }) => reaches(name, name, new Set([name])));
  if (looped === undefined) return [];
  const { name, type } = looped;
  const path = type === "vlan" ? [name, "vlan", "parent"] : [name, type, "ports"];
  const message = `${name} is connected to itself in a loop. Write another interface.`;
  return [declared.mistake(path, message)];
}

/** The first start needs a network, and has neither Wi-Fi nor interfaces that are not declared. */
function wayOutMistakes({ declared, named }: DeclaredInterfaces): Mistake[] {
  const wired = [...named.values()].filter(({ type }) => type !== "wifi");
  const hasAddress = ({ ipv4, ipv6 }: NetworkInterface) =>
    [ipv4, ipv6].some(({ method }) => method !== "disabled" && method !== "link-local");
  if (wired.length === 0 || wired.some(hasAddress)) return [];
  const more = wired.length < named.size ? " Fedora CoreOS installs without Wi-Fi." : "";
  const message = `no interface with a cable gets an address, and the installation requires a network.${more} Write addresses, or method: auto, at one of them.`;
  return [declared.keyMistake([], message)];
}
