/** Plans with something of everything, made from fleets in memory. */
import type { Plan } from "../../cli/plan/plan.ts";
import { planOf } from "../../cli/plan/project-plan.ts";
import { parseTerraformPlan } from "../../cli/plan/terraform-plan.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { serverName } from "../../fleet/model/names.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { comparisonOf } from "../cli/plan/comparison.ts";
import { terraformText } from "../cli/plan/terraform.ts";
import { sampleFleet } from "../sample.ts";
import type { Device, Site } from "../../fleet/model/device.ts";
import type { PublicKeys } from "../../fleet/model/secrets.ts";
import type { Workload } from "../../fleet/model/workload.ts";

export interface Planned {
  readonly plan: Plan;
  readonly fleet: Fleet;
}

export function smallPlan(): Planned {
  return planned(39, 4);
}

/** A publish that changes nothing. */
export function unchangedPlan(): Planned {
  const fleet = fleetOf(12, 2);
  const tree = stateOf(fleet);
  return { plan: planOf(fleet, tree, comparisonOf(tree, tree), []), fleet };
}

export function largePlan(devices: number): Planned {
  return planned(devices, 20);
}

/** From the fleet as it was published to one in which every kind of change is made. */
function planned(deviceCount: number, siteCount: number): Planned {
  const before = fleetOf(deviceCount, siteCount);
  const { charts: pinned } = before.pins;
  const chart = { repository: "", ...pinned["cert-manager"], version: "v9.9.9" };
  const charts = { ...pinned, "cert-manager": chart };
  const after: Fleet = {
    ...before,
    domain: "a-domain-that-is-longer-than-most.edge.harbor.example",
    devices: before.devices.flatMap(changedDevice),
    workloads: before.workloads.map(changedWorkload),
    pins: { ...before.pins, charts },
  };
  const tree = stateOf(after);
  const comparison = comparisonOf(stateOf(before), tree);
  const terraform = [parseTerraformPlan("hub.json", Buffer.from(terraformText))];
  return { plan: planOf(after, tree, comparison, terraform), fleet: after };
}

function fleetOf(deviceCount: number, siteCount: number): Fleet {
  const [sample] = sampleFleet.devices;
  if (sample === undefined) throw new Error("the sample has no devices");
  const width = String(deviceCount).length;
  const devices = Array.from({ length: deviceCount }, (_, index): Device => {
    const name = `store-${String(index + 1).padStart(width, "0")}`;
    const number = Math.floor((index * siteCount) / deviceCount);
    const site: Site = { ...sample.site, name: `site-${number}` };
    const ring = number === 0 ? "canary" : number < siteCount / 4 ? "early" : "stable";
    const address = `100.64.${Math.floor(index / 250)}.${(index % 250) + 2}`;
    const own = { name, site, ring, address, serverName: serverName("harbor", name, 1) };
    return { ...sample, ...own, connectivity: "gateway", snippets: [], generation: 1 };
  });
  const { cloud } = sampleFleet;
  // As the number of devices asks for.
  const nodePool = { ...cloud.nodePool, machineType: null };
  return { ...sampleFleet, devices, cloud: { ...cloud, nodePool } };
}

/** The third is installed again, the fourth changes its ring, the fifth its role, the last goes. */
function changedDevice(device: Device, index: number, all: readonly Device[]): readonly Device[] {
  const { name } = device;
  if (index === 0) {
    const added = `extra-device-with-a-long-name-${name}`;
    return [{ ...device, name: added, serverName: serverName("harbor", added, 1) }, device];
  }
  if (index === 2) {
    return [{ ...device, generation: 2, serverName: serverName("harbor", name, 2) }];
  }
  if (index === 3) return [{ ...device, ring: "early" }];
  if (index === 4) return [{ ...device, labels: { ...device.labels, role: "kiosk" } }];
  return index === all.length - 1 ? [] : [device];
}

function changedWorkload(workload: Workload): Workload {
  if (workload.name !== "telemetry") return workload;
  return {
    ...workload,
    versions: new Map([...workload.versions].map(([ring]) => [ring, "1.9.9"])),
  };
}

function stateOf(fleet: Fleet): Tree {
  const keys: PublicKeys = {
    rootCertificate: "-----BEGIN CERTIFICATE-----\nc2FtcGxl\n-----END CERTIFICATE-----\n",
    gateways: new Map([[1, "Z2F0ZXdheWdhdGV3YXlnYXRld2F5Z2F0ZXdheWdhdGU="]]),
    devices: new Map(fleet.devices.map(({ name, generation }) => [name, `${name}-${generation}`])),
    hubStatement: null,
  };
  const images = fleet.devices.map(
    ({ name, generation, ring }) => [name, `${generation}-${ring}`] as const,
  );
  return synthesizeState(fleet, keys, new Map(images));
}
