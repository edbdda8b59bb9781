/**
 * A hub in Google Cloud: whether it is possible (its zone, its nodes, the size of its ranges, and the
 * time for Google's upgrades), and its defaults.
 */
import { knownRange } from "../model/addresses.ts";
import { machineTypeProblem, regionProblem } from "../rules/google-names.ts";
import { hubSize, tooManyDevices } from "../rules/hub-size.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { GoogleCloud } from "../model/cloud.ts";
import type { CloudInputOf, CloudRules } from "./cloud-rules.ts";
import { gatewayNodesMax, surgeNodes as surgeNodesOfPool } from "../model/contract.ts";

/** The additional nodes of both pools together, while they are upgraded. */
const surgeNodes = 2 * surgeNodesOfPool;

/** GKE gives a node a /24 of the pods' range, for its default of 110 pods. */
const addressesOfNode = 256;

/** Google keeps the first two and the last two of a subnet. */
const reservedAddresses = 4;

/**
 * The hub with every add-on has about 60 services, and upgrades make new ones before old ones go.
 */
const servicesMin = 128;

/** Google's rule: 48 hours in any 32 days, in which four whole weeks lie. */
const weeklyMaintenanceMinutesMin = (48 * 60) / 4;

/** Regions whose zones are not a, b and c (Google's list of regions and zones, 2026). */
const unusualZones: Readonly<Record<string, readonly string[]>> = {
  "europe-west1": ["b", "c", "d"],
  "us-central1": ["a", "b", "c", "f"],
  "us-east1": ["b", "c", "d"],
};

/** A fleet whose hub is in Google Cloud. */
type GoogleFleetInput = FleetInput & { readonly cloud: CloudInputOf<"google"> };

export function googleCloud(fleet: FleetInput, cloud: CloudInputOf<"google">): CloudRules {
  const input = { ...fleet, cloud };
  return {
    mistakes: (source, deviceCount) => mistakes(source, input, deviceCount),
    resolved: (deviceCount) => resolved(input, deviceCount),
    hasOwnNetwork: true,
  };
}

function mistakes(source: Source, input: GoogleFleetInput, deviceCount: number): Mistake[] {
  const { region, nodePool } = input.cloud;
  const names = [
    [["cloud", "region"], regionProblem(region)],
    [["cloud", "nodePool", "machineType"], machineTypeProblem(nodePool.machineType ?? "e2-micro")],
  ] as const;
  const misnamed = names.flatMap(([path, problem]) =>
    problem ? [source.mistake(path, problem)] : [],
  );
  // What follows from a name is not checked for a wrong one.
  if (misnamed.length > 0) return misnamed;
  return [
    ...zoneMistakes(source, input),
    ...nodePoolMistakes(source, input, deviceCount),
    ...sizeMistakes(source, input, deviceCount),
    ...rangeMistakes(source, input, deviceCount),
    ...maintenanceMistakes(source, input),
  ];
}

function zoneMistakes(source: Source, { cloud: { region, zone } }: GoogleFleetInput): Mistake[] {
  if (zone === undefined) return [];
  const zones = (unusualZones[region] ?? ["a", "b", "c"]).map((letter) => `${region}-${letter}`);
  if (zones.includes(zone)) return [];
  const message = `${zone} is not a zone of the region ${region}. Write one of: ${zones.join(", ")}.`;
  return [source.mistake(["cloud", "zone"], message)];
}

/** The shards of Argo CD's controller, each on its own node, and one node for the rest. */
function nodesWanted(
  { cloud, argocd }: Pick<GoogleFleetInput, "cloud" | "argocd">,
  deviceCount: number,
): number {
  const shards =
    argocd.shards ?? hubSize(deviceCount, cloud.nodePool.machineType ?? null)?.shards ?? 1;
  return shards === 1 ? 1 : shards + 1;
}

/** How many nodes the hub may have, not counting the gateways'. */
export function maxNodesOf(
  input: Pick<GoogleFleetInput, "cloud" | "argocd">,
  deviceCount: number,
): number {
  const { minNodes, maxNodes } = input.cloud.nodePool;
  return maxNodes ?? Math.max(3, minNodes, nodesWanted(input, deviceCount));
}

function nodePoolMistakes(source: Source, input: GoogleFleetInput, deviceCount: number): Mistake[] {
  const { minNodes, maxNodes = Infinity } = input.cloud.nodePool;
  const wanted = nodesWanted(input, deviceCount);
  if (maxNodes < wanted) {
    const message = `found ${maxNodes}, and ${deviceCount} devices require ${wanted - 1} shards of Argo CD's controller, each on a node, and one more node. Write at least ${wanted}.`;
    return [source.mistake(["cloud", "nodePool", "maxNodes"], message)];
  }
  if (minNodes <= maxNodes) return [];
  const message = `found ${maxNodes}, which is less than minNodes (${minNodes}). Write at least ${minNodes}.`;
  return [source.mistake(["cloud", "nodePool", "maxNodes"], message)];
}

function sizeMistakes(source: Source, { cloud }: GoogleFleetInput, deviceCount: number): Mistake[] {
  const { machineType } = cloud.nodePool;
  if (hubSize(deviceCount, machineType ?? null) !== undefined) return [];
  const message =
    machineType === undefined
      ? tooManyDevices(deviceCount)
      : `${machineType} is too small for ${deviceCount} devices. Delete this line: Flotilla then chooses the machine type.`;
  return [source.mistake(["cloud", "nodePool", "machineType"], message)];
}

function rangeMistakes(source: Source, input: GoogleFleetInput, deviceCount: number): Mistake[] {
  const { nodes, pods, services } = input.cloud.network;
  const maxNodes = maxNodesOf(input, deviceCount);
  const nodesMax = maxNodes + gatewayNodesMax + surgeNodes;
  const sum = `${nodesMax} nodes (maxNodes ${maxNodes} + ${gatewayNodesMax} for gateways + ${surgeNodes} during upgrades)`;
  return [
    ...tooSmall(source, "nodes", nodes, {
      wanted: nodesMax + reservedAddresses,
      reason: `${sum}, and ${reservedAddresses} reserved by Google`,
    }),
    ...tooSmall(source, "pods", pods, {
      wanted: nodesMax * addressesOfNode,
      reason: `${sum} with ${addressesOfNode} each`,
    }),
    ...tooSmall(source, "services", services, {
      wanted: servicesMin,
      reason: "the Services of the hub and its add-ons",
    }),
  ];
}

function tooSmall(
  source: Source,
  key: string,
  text: string,
  { wanted, reason }: { readonly wanted: number; readonly reason: string },
): Mistake[] {
  const { first, last } = knownRange(text);
  const found = last - first + 1;
  if (found >= wanted) return [];
  const prefixLength = 32 - Math.ceil(Math.log2(wanted));
  const message = `${text} has ${found} addresses, and ${wanted} are needed: ${reason}. Write a range of /${prefixLength} or larger.`;
  return [source.mistake(["cloud", "network", key], message)];
}

function maintenanceMistakes(source: Source, { cloud }: GoogleFleetInput): Mistake[] {
  const { days, lengthMinutes } = cloud.maintenance;
  const count = new Set(days).size;
  const minutes = count * lengthMinutes;
  if (minutes >= weeklyMaintenanceMinutesMin) return [];
  const message = `${count} × ${lengthMinutes} minutes a week are ${minutes} minutes, and Google requires ${weeklyMaintenanceMinutesMin} (48 hours in four weeks). Write more days or a longer window.`;
  return [source.mistake(["cloud", "maintenance"], message)];
}

function resolved(input: GoogleFleetInput, deviceCount: number): GoogleCloud {
  const { zone, ...cloud } = input.cloud;
  return {
    ...cloud,
    location: zone ?? cloud.region,
    nodePool: {
      ...cloud.nodePool,
      machineType: cloud.nodePool.machineType ?? null,
      maxNodes: maxNodesOf(input, deviceCount),
    },
    encryption: cloud.encryption ?? null,
    budget: cloud.budget ?? null,
    state: cloud.state ?? null,
  };
}
