/** The K3s of a device. */
import type { Mistake } from "../../grammar/mistakes.ts";
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import {
  knownRange,
  parseAddress,
  rangeContains,
  rangesOverlap,
  unreachableRanges,
} from "../../model/addresses.ts";
import { k3sRanges, type K3sNode } from "../../model/k3s-node.ts";
import type { Inherited } from "./inherited.ts";
import { repeatedItems } from "./repeated.ts";

export type K3sInput = NonNullable<MachineInput["k3s"]>;

export function resolvedK3s({ value }: Inherited<K3sInput>): K3sNode {
  const { nodeAddress, kubeletArguments, apiServerArguments, ...rest } = value;
  return {
    ...rest,
    ...(nodeAddress !== undefined &&
      (parseAddress(nodeAddress) === undefined ? { nodeInterface: nodeAddress } : { nodeAddress })),
    ...(kubeletArguments && { kubeletArguments: argumentList(kubeletArguments) }),
    ...(apiServerArguments && { apiServerArguments: argumentList(apiServerArguments) }),
  };
}

function argumentList(values: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted();
}

/** What one device's settings must be to each other. */
export function k3sNodeMistakes(k3s: Inherited<K3sInput>): Mistake[] {
  const { nodeTaints = [], disable = [] } = k3s.value;
  return [
    ...repeatedItems(k3s, ["disable"], disable),
    ...repeatedItems(k3s, ["nodeTaints"], nodeTaints, {
      same: taintOf,
      shown: (taint) => JSON.stringify(taintOf(taint)),
    }),
    ...addressMistakes(k3s),
    ...rangeMistakes(k3s),
  ];
}

function addressMistakes(k3s: Inherited<K3sInput>): Mistake[] {
  const { nodeAddress = "", followAddress = false } = k3s.value;
  const address = parseAddress(nodeAddress);
  if (address === undefined) return [];
  const mistakes: Mistake[] = [];
  const unreachable = [...unreachableRanges, fallbackRange].find(([range]) =>
    rangeContains(knownRange(range), address),
  );
  if (unreachable !== undefined) {
    const message = `${nodeAddress} is inside ${unreachable[1]} (${unreachable[0]}). ${writeAddress}`;
    mistakes.push(k3s.mistake(["nodeAddress"], message));
  }
  if (followAddress) {
    const message = `nodeAddress is ${nodeAddress}, and followAddress needs an address that can change. Delete one of the two, or write the name of an interface as nodeAddress.`;
    mistakes.push(k3s.keyMistake(["followAddress"], message));
  }
  return mistakes;
}

export const writeAddress = "Write the device's address in the site's network.";

/** Kubernetes takes a taint once for each key and effect. */
function taintOf(text: string): string {
  return text.replace(/=.*:/, ":");
}

/**
 * The prefix lengths: a node has a /24 of the pods' range, and the controller makes at most 2^16 of them;
 * kube-apiserver takes at most 2^20 addresses of services, and the tenth is that of DNS.
 */
const prefixLengths = {
  podRange: { min: 8, max: 24, example: "10.52.0.0/16" },
  serviceRange: { min: 12, max: 28, example: "10.53.0.0/16" },
} as const;

function rangeMistakes(k3s: Inherited<K3sInput>): Mistake[] {
  const { podRange, serviceRange, nodeAddress = "" } = k3s.value;
  const mistakes: Mistake[] = [];
  for (const key of ["podRange", "serviceRange"] as const) {
    const text = k3s.value[key];
    if (text === undefined) continue;
    const range = knownRange(text);
    const { min, max, example } = prefixLengths[key];
    if (range.prefixLength < min || range.prefixLength > max) {
      const message = `${text} has the prefix length ${range.prefixLength}, and K3s takes ${min} to ${max}. Write one like ${example}.`;
      mistakes.push(k3s.mistake([key], message));
    }
    const unusable = [...unreachableRanges, fallbackRange].find(([other]) =>
      rangesOverlap(range, knownRange(other)),
    );
    if (unusable !== undefined) {
      const message = `${text} overlaps ${unusable[1]} (${unusable[0]}). Write one like ${example}.`;
      mistakes.push(k3s.mistake([key], message));
    }
    const address = parseAddress(nodeAddress);
    if (address !== undefined && rangeContains(range, address)) {
      const message = `${nodeAddress} is inside ${key} (${text}). ${writeAddress}`;
      mistakes.push(k3s.mistake(["nodeAddress"], message));
    }
  }
  const pods = podRange ?? k3sRanges.pods;
  const services = serviceRange ?? k3sRanges.services;
  const declared = podRange !== undefined || serviceRange !== undefined;
  if (declared && rangesOverlap(knownRange(pods), knownRange(services))) {
    const [key, own, other] =
      serviceRange === undefined
        ? (["podRange", pods, `the services' range (${services})`] as const)
        : (["serviceRange", services, `the pods' range (${pods})`] as const);
    const message = `${own} overlaps ${other}. Write ranges that do not overlap.`;
    mistakes.push(k3s.mistake([key], message));
  }
  return mistakes;
}

/** See edge/parts/fallback-route.ts. */
const fallbackRange = ["203.0.113.0/24", "the range of the fallback route"] as const;
