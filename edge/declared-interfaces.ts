/**
 * The props of NetworkInterfaces by the rules for `interfaces` of a fleet file: its interfaces are a list with all
 * defaults, and in a fleet file they are a mapping.
 */
import { z } from "zod";
import { mistakesIn } from "../fleet/grammar/check.ts";
import { interfaces as grammar } from "../fleet/grammar/interfaces-schema.ts";
import type { Mistake } from "../fleet/grammar/mistakes.ts";
import { sourceOf } from "../fleet/grammar/program-values.ts";
import type { Source } from "../fleet/grammar/source.ts";
import { bondModes } from "../fleet/model/bond-options.ts";
import { knownMac } from "../fleet/model/mac.ts";
import {
  interfaceTypes,
  wifiSecurities,
  type IpSettings,
  type NetworkInterface,
} from "../fleet/model/network-interface.ts";
import { interfaceMistakes } from "../fleet/resolve/machine/interface-mistakes.ts";
import { resolvedInterfaces, type InterfacesInput } from "../fleet/resolve/machine/interfaces.ts";
import { inProps, secret } from "./props.ts";

const texts = z.array(z.string());

/** What must be there at all; the grammar of the fleet file says which values are valid. */
const ip = z.looseObject({
  method: z.string(),
  addresses: texts,
  dns: texts,
  dnsSearch: texts,
  routes: z.array(z.looseObject({ to: z.string() })),
});

export const declaredInterfaces = z.object({
  interfaces: z.array(
    z.looseObject({
      name: z.string(),
      type: z.enum(interfaceTypes),
      ipv4: ip,
      ipv6: ip,
      controller: z.strictObject({ name: z.string(), type: z.enum(["bond", "bridge"]) }).optional(),
      vlan: z.looseObject({ id: z.int(), parent: z.string() }).optional(),
      bond: z
        .looseObject({
          mode: z.enum(bondModes),
          ports: texts,
          options: z.record(z.string(), z.union([z.string(), z.int()])),
        })
        .optional(),
      bridge: z.looseObject({ ports: texts, stp: z.boolean() }).optional(),
      wifi: z
        .looseObject({ ssid: z.string(), security: z.enum(wifiSecurities), hidden: z.boolean() })
        .optional(),
      wifiPassphrase: secret("wifi-passphrase").optional(),
    }),
  ),
});

type Given = NetworkInterface & { readonly wifiPassphrase?: string };

export function interfaceListMistakes(source: Source, all: readonly Given[]): readonly Mistake[] {
  const incomplete = all.flatMap((each, index) => incompleteness(source, all, each, index));
  if (incomplete.length > 0) return incomplete;
  const input = Object.fromEntries(all.map((each) => [each.name, inputOf(each)]));
  const wrong = mistakesIn(
    sourceOf(source.file, { interfaces: input }),
    z.object({ interfaces: grammar }),
  );
  if (wrong.length > 0) return wrong;
  // What the grammar accepts has its types.
  const declared = inProps(source, input as InterfacesInput, ["interfaces"]);
  const found = interfaceMistakes(declared, all);
  return found.length > 0 ? found : writtenMistakes(source, all, resolvedInterfaces(declared));
}

/** What a fleet file cannot have: two of one name, or a type without its settings. */
function incompleteness(
  { mistake }: Source,
  all: readonly Given[],
  { name, type, wifi, wifiPassphrase, ...sections }: Given,
  index: number,
): readonly Mistake[] {
  const at = ["interfaces", index];
  if (all.findIndex((other) => other.name === name) !== index) {
    return [mistake([...at, "name"], `"${name}" appears twice in this list. Write another name.`)];
  }
  const section = type === "wifi" ? wifi : type === "ethernet" ? true : sections[type];
  if (section === undefined) return [mistake(at, `"${type}" is missing. Write it here.`)];
  if (wifi !== undefined && wifi.security !== "open" && wifiPassphrase === undefined) {
    return [mistake(at, `"wifiPassphrase" is missing. Write it here, or security: "open".`)];
  }
  return [];
}

/** The keyfiles are made of these as they are written. */
function writtenMistakes(
  { mistake }: Source,
  all: readonly Given[],
  resolved: readonly NetworkInterface[],
): readonly Mistake[] {
  return all.flatMap(({ name, macAddress, controller }) => {
    const wanted = resolved.find((each) => each.name === name)?.controller;
    const mistakes: Mistake[] = [];
    if (wanted?.name !== controller?.name || wanted?.type !== controller?.type) {
      const message =
        wanted === undefined
          ? `${controller?.name} does not have ${name} among its ports. Write it there, or delete controller.`
          : `${name} is a port of ${wanted.name}. Write controller: { name: "${wanted.name}", type: "${wanted.type}" }.`;
      mistakes.push(mistake(["interfaces", name, "controller"], message));
    }
    if (macAddress !== undefined && knownMac(macAddress) !== macAddress.toLowerCase()) {
      const message = `"${macAddress}" is not in the notation of NetworkManager. Write ${knownMac(macAddress).toUpperCase()}.`;
      mistakes.push(mistake(["interfaces", name, "macAddress"], message));
    }
    return mistakes;
  });
}

/** As a fleet file has it, without what is not set. */
function inputOf({
  type,
  macAddress,
  mtu,
  vlan,
  bond,
  bridge,
  wifi,
  wifiPassphrase,
  ...each
}: Given) {
  return withoutAbsent({
    type,
    macAddress,
    mtu,
    ipv4: ipInput(each.ipv4),
    ipv6: ipInput(each.ipv6),
    vlan,
    bond,
    bridge,
    wifi: wifi && {
      ssid: wifi.ssid,
      security: wifi.security,
      hidden: wifi.hidden,
      // The value is checked already.
      ...(wifiPassphrase !== undefined && { passphrase: { env: "PASSPHRASE" } }),
    },
  });
}

function ipInput({ addresses, dns, dnsSearch, routes, ...rest }: IpSettings) {
  const lists = Object.entries({ addresses, dns, dnsSearch, routes });
  const filled = lists.filter(([, list]) => list.length > 0);
  return withoutAbsent({ ...rest, ...Object.fromEntries(filled) });
}

function withoutAbsent(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
