/**
 * The grammar of `k3s` of a machine. The names are those of docs.k3s.io (`k3s server`, `k3s agent`,
 * "Managing Packaged Components") in camel case.
 */
import { z } from "zod";
import { parseAddress } from "../model/addresses.ts";
import { parseIp } from "../model/ip.ts";
import { isComponent, k3sComponents } from "../model/k3s-components.ts";
import { closest } from "../model/names.ts";
import { interfaceName, isMadeInterface } from "./interfaces-schema.ts";
import { labelKey, labelParts, reservedLabelKey } from "./label-schemas.ts";
import { apiServerArgumentNames, kubeletArgumentNames } from "./kubernetes-arguments.ts";
import { reservedApiServerArguments, reservedKubeletArguments } from "./k3s-arguments.ts";
import { ipv4Range, labelValue, text } from "./value-schemas.ts";

const components = Object.keys(k3sComponents);

/** Other names for them, and settings of K3s that are not in its list of components. */
const componentHints: Readonly<Record<string, string>> = {
  coredns: "pods find services by it, and Flotilla requires it. Delete this line.",
  klipper: "K3s calls it servicelb. Write servicelb.",
  "klipper-lb": "K3s calls it servicelb. Write servicelb.",
  "gateway-api": "K3s calls it gateway-api-crd. Write gateway-api-crd.",
  "local-path": "K3s calls it local-storage. Write local-storage.",
  "local-path-provisioner": "K3s calls it local-storage. Write local-storage.",
  "network-policy":
    "it is not a packaged component, and workloads need its rules. Delete this line.",
  "cloud-controller": "it is not a packaged component, and nodes need it. Delete this line.",
  "helm-controller": "it is not a packaged component. Delete this line.",
};

const component = text((value) => {
  if (isComponent(value)) return undefined;
  const hint = Object.hasOwn(componentHints, value) ? componentHints[value] : undefined;
  if (hint !== undefined) return `"${value}" cannot be disabled here: ${hint}`;
  const near = closest(value, components);
  const suggestion = near === undefined ? "" : ` Did you mean ${near}?`;
  return `${JSON.stringify(value)} is not a packaged component of K3s. Write ${components.slice(0, -1).join(", ")} or ${components.at(-1)}.${suggestion}`;
});

/** Prefixes of Kubernetes whose labels a kubelet may set (its --node-labels). */
const nodePrefixes = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const nodeLabelNames = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

const nodeLabelKey = labelKey((key) => {
  const { prefix = "" } = labelParts(key) ?? {};
  const allowed = nodePrefixes.some((own) => prefix === own || prefix.endsWith(`.${own}`));
  if (allowed || nodeLabelNames.includes(key)) return undefined;
  return reservedLabelKey(key);
});

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

const taint = text((value) => {
  const example = "Write one like dedicated=till:NoSchedule.";
  const [, key = "", label = "", effect = ""] = /^([^=:]*)(?:=([^:]*))?:(.*)$/s.exec(value) ?? [];
  if (labelParts(key) === undefined || !labelValue.safeParse(label).success) {
    return `${JSON.stringify(value)} is not a valid taint. ${example}`;
  }
  if (effects.some((name) => name === effect)) return undefined;
  return `${JSON.stringify(effect)} is not an effect of a taint. Write NoSchedule, PreferNoSchedule or NoExecute.`;
});

const nodeAddress = text((value) => {
  if (parseAddress(value) !== undefined) return undefined;
  const example = "Write an address like 10.120.1.20, or the name of an interface like enp1s0.";
  if (value.includes(":")) {
    return `${JSON.stringify(value)} is not an IPv4 address: the ranges of pods and services are IPv4. ${example}`;
  }
  if (/^[\d.]*$/.test(value) || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(value)) {
    return `${JSON.stringify(value)} is not a valid node address. ${example}`;
  }
  return isMadeInterface(value)
    ? `the interface ${value} belongs to K3s or Flotilla. Write an interface of the site's network.`
    : undefined;
});

/** The name of the interface that has the node's address. */
export const nodeInterfaceName = interfaceName.check(({ value, issues }) => {
  if (parseIp(value) === undefined) return;
  const message = `"${value}" is an address. Write the name of the interface that has it, like enp1s0.`;
  issues.push({ code: "custom", message, input: value });
});

interface Program {
  /** For messages. */
  readonly whose: string;
  /** The key with its arguments. */
  readonly key: string;
  readonly known: ReadonlySet<string>;
}

const kubelet = { whose: "kubelet", key: "kubeletArguments", known: kubeletArgumentNames };
const apiServer = {
  whose: "API server",
  key: "apiServerArguments",
  known: apiServerArgumentNames,
};

/** @param other the program that has an argument which this one does not have */
function componentArguments(
  { whose, known }: Program,
  reserved: ReadonlyMap<string, string>,
  other: Program,
) {
  const name = text((value) => {
    const reason = reserved.get(value);
    if (reason !== undefined) return `"${value}" cannot be set here: ${reason}`;
    if (known.has(value)) return undefined;
    if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(value)) {
      const near = closest(value, known);
      const guess = near === undefined ? "Delete this line." : `Did you mean ${near}?`;
      const fix = other.known.has(value)
        ? `It is one of the ${other.whose}: write it under ${other.key}.`
        : guess;
      return `the ${whose} of Kubernetes has no argument "${value}", and K3s does not start with it. ${fix}`;
    }
    const bare = value.replace(/^-+/, "").replaceAll("_", "-");
    const kebab = bare.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const isSimple = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab);
    const fix = isSimple ? `Write ${kebab}.` : "Write one like max-pods, without its value.";
    return `${JSON.stringify(value)} is not a valid name of an argument. ${fix}`;
  });
  const value = z
    .union([z.string(), z.number(), z.boolean()], {
      error: `this is not a valid value of an argument. Write a text, like "60".`,
    })
    .check(({ value: found, issues }) => {
      if (
        typeof found !== "string" ||
        (!/[\p{Cc}\u2028\u2029]/u.test(found) && found.length <= 4096)
      )
        return;
      const message =
        "this value contains control characters or is longer than 4096. Write one short line.";
      issues.push({ code: "custom", message, input: found });
    });
  return z
    .record(name, value.nullable())
    .nullish()
    .describe(`Arguments of the ${whose}, by name, without leading hyphens.`);
}

export const k3sNode = z
  .strictObject({
    disable: z
      .array(component)
      .max(16)
      .nullish()
      .describe(`Packaged components that K3s does not deploy: ${components.join(", ")}.`),
    nodeLabels: z
      .record(nodeLabelKey, labelValue.nullable())
      .nullish()
      .describe("Labels of the device's node, when it registers for the first time."),
    deviceLabels: z
      .boolean()
      .nullish()
      .describe("true: the device's labels are labels of its node too. Default: false."),
    nodeTaints: z
      .array(taint)
      .max(32)
      .nullish()
      .describe("Taints of the device's node, like dedicated=till:NoSchedule."),
    nodeAddress: nodeAddress
      .nullish()
      .describe(
        "IPv4 address of the node, or the interface that has it. Default: that of the default route.",
      ),
    followAddress: z
      .boolean()
      .nullish()
      .describe(
        "true: restart K3s when the node's address in the local network changed. Default: false.",
      ),
    kubeletArguments: componentArguments(kubelet, reservedKubeletArguments, apiServer),
    apiServerArguments: componentArguments(apiServer, reservedApiServerArguments, kubelet),
    podRange: ipv4Range
      .nullish()
      .describe("IPv4 range of the device's pods. Default: 10.42.0.0/16."),
    serviceRange: ipv4Range
      .nullish()
      .describe("IPv4 range of the device's services. Default: 10.43.0.0/16."),
  })
  .nullish()
  .describe("Settings of K3s on the device.");
