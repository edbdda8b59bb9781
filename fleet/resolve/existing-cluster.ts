/**
 * A hub in an existing cluster: whether it can run there (what the add-ons need from it, its
 * addresses, the port of its gateways, and its size), and its defaults.
 */
import { isMisspelled, notOneOf, valueAt } from "../grammar/check.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { ExistingCluster } from "../model/cloud.ts";
import { knownRange, parseAddress, rangeContains, unreachableRanges } from "../model/addresses.ts";
import { hubSize, tooManyDevices } from "../rules/hub-size.ts";
import { gatewaysMost } from "../rules/gateways.ts";
import type { CloudInputOf, CloudRules } from "./cloud-rules.ts";
import { endpointOf } from "./endpoint.ts";

/** A fleet whose hub is in an existing cluster. */
type ExistingClusterInput = FleetInput & { readonly cloud: CloudInputOf<"existing"> };

export function existingCluster(fleet: FleetInput, cloud: CloudInputOf<"existing">): CloudRules {
  const input = { ...fleet, cloud };
  return {
    mistakes: (source, deviceCount) => mistakes(source, input, deviceCount),
    resolved: () => resolved(cloud),
    // Its nodes and devices can be in one network.
    hasOwnNetwork: false,
    portProblem: (port) => portProblem(input, port),
  };
}

/** Kubernetes' default range of node ports. */
const nodePorts = { first: 30_000, last: 32_767 } as const;

/** The kinds of `dns01` that cert-manager has, and what each of them can have beside it. */
const solvers = [
  "acmeDNS",
  "akamai",
  "azureDNS",
  "cloudDNS",
  "cloudflare",
  "digitalocean",
  "rfc2136",
  "route53",
  "webhook",
] as const;
const besideSolver = "cnameStrategy";

function mistakes(source: Source, input: ExistingClusterInput, deviceCount: number): Mistake[] {
  return [
    ...sizeMistakes(source, deviceCount),
    ...portMistakes(source, input),
    ...addressMistakes(source, input),
    ...solverMistakes(source, input),
    ...platformMistakes(source, input),
  ];
}

function sizeMistakes(source: Source, deviceCount: number): Mistake[] {
  if (hubSize(deviceCount, null) !== undefined) return [];
  return [source.keyMistake(["cloud"], tooManyDevices(deviceCount))];
}

/** The last one that the first gateway can have. */
function lastFirstNodePort({ tunnel }: Pick<FleetInput, "tunnel">): number {
  return nodePorts.last - gatewaysMost(tunnel.range) + 1;
}

/** A node port is the same inside and outside: the one that devices dial. */
function portMistakes(source: Source, input: ExistingClusterInput): Mistake[] {
  if (input.cloud.gateway.service !== "NodePort") return [];
  const { port } = endpointOf(input);
  const last = lastFirstNodePort(input);
  if (isNodePort(input, port)) return [];
  const message = `NodePort requires a port from ${nodePorts.first} to ${last} in tunnel.endpoint, and it is ${port}. Write one like gateway.${input.domain}:${nodePorts.first}.`;
  const path =
    input.tunnel.endpoint === undefined ? ["cloud", "gateway", "service"] : ["tunnel", "endpoint"];
  return [source.mistake(path, message)];
}

function isNodePort(input: ExistingClusterInput, port: number): boolean {
  return port >= nodePorts.first && port <= lastFirstNodePort(input);
}

function portProblem(input: ExistingClusterInput, port: number): string | undefined {
  if (input.cloud.gateway.service !== "NodePort" || isNodePort(input, port)) return undefined;
  return `the gateway's Service is a NodePort, which requires a port from ${nodePorts.first} to ${lastFirstNodePort(input)}, and this is ${port}.`;
}

/** An address of a load balancer or a node is in none of the ranges that only the hub routes. */
function addressMistakes(source: Source, input: ExistingClusterInput): Mistake[] {
  const { gateway, ingress, network } = input.cloud;
  const ranges = [
    ...unreachableRanges,
    [input.tunnel.range, "tunnel.range"],
    [network.pods, "cloud.network.pods"],
    [network.services, "cloud.network.services"],
  ] as const;
  const entrances = { gateway, ...(ingress !== undefined && { ingress }) };
  return Object.entries(entrances).flatMap(([name, { address }]) =>
    ranges
      .filter(([text]) => rangeContains(knownRange(text), parseAddress(address) ?? -1))
      .map(([text, what]) =>
        source.mistake(
          ["cloud", name, "address"],
          `${address} is inside ${what} (${text}). Write the address that is reached from outside the cluster.`,
        ),
      ),
  );
}

function solverMistakes(source: Source, { cloud: { dns01 } }: ExistingClusterInput): Mistake[] {
  if (dns01 === undefined) return [];
  const path = ["cloud", "dns01"];
  const keys = Object.keys(dns01).filter((key) => key !== besideSolver);
  const unknown = keys.filter((key) => !(solvers as readonly string[]).includes(key));
  if (unknown.length > 0) {
    return unknown.map((key) =>
      source.keyMistake([...path, key], notOneOf(JSON.stringify(key), solvers, key)),
    );
  }
  if (keys.length === 1) return [];
  const found = keys.length === 0 ? "nothing" : keys.join(" and ");
  return [source.keyMistake(path, `found ${found}. Write one of: ${solvers.join(", ")}.`)];
}

/** What the add-ons need, which Google Cloud has and your own cluster may not. */
const requirements = [
  {
    addon: "nginx-ingress",
    key: "ingress",
    example: "ingress: { address: 203.0.113.11 }",
  },
  {
    addon: "nginx-ingress",
    key: "dns01",
    example: "dns01: { cloudflare: { apiTokenSecretRef: { name: dns, key: token } } }",
  },
  { addon: "external-secrets", key: "secretStore", example: "secretStore: vault" },
] as const;

function platformMistakes(source: Source, input: ExistingClusterInput): Mistake[] {
  const { platform, cloud } = input;
  if (platform === undefined) return [];
  const place = ["platform", "addons"];
  // As written: the options of an add-on that are invalid are reported, and then missing here.
  const isOn = (addon: string) => valueAt(source.value, [...place, addon, "enabled"]) !== false;
  const missing = requirements.filter(
    ({ addon, key }) =>
      isOn(addon) &&
      cloud[key] === undefined &&
      valueAt(source.value, ["cloud", key]) === undefined &&
      !isMisspelled(source, ["cloud"], key),
  );
  const dns = "external-dns";
  const hasProvider = valueAt(source.value, [...place, dns, "values", "provider"]) !== undefined;
  return [
    ...missing.map(({ addon, key, example }) =>
      source.keyMistake(
        ["cloud"],
        `"${key}" is missing, and the add-on ${addon} requires it. Write it here, like ${example}; or switch the add-on off: platform.addons.${addon}: { enabled: false }.`,
      ),
    ),
    ...(isOn(dns) && !hasProvider
      ? [
          source.keyMistake(
            ["platform"],
            `the add-on ${dns} requires your DNS provider. Write platform.addons.${dns}: { values: { provider: { name: cloudflare } } } with its settings, or { enabled: false } and make the records yourself.`,
          ),
        ]
      : []),
  ];
}

function resolved(cloud: CloudInputOf<"existing">): ExistingCluster {
  return {
    ...cloud,
    storageClass: cloud.storageClass ?? null,
    ingress: cloud.ingress ?? null,
    secretStore: cloud.secretStore ?? null,
    dns01: cloud.dns01 ?? null,
  };
}
