/** The add-ons of the hub, and their files. */
import { App } from "cdk8s";
import { sizeProblem } from "../fleet/kubernetes/object-size.ts";
import { ConstructError } from "../fleet/model/construct-error.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import type { Addon, AddonDefinition } from "./addons/addon.ts";
import { addons as builtInAddons } from "./addons/index.ts";
import { certManager, CertManager } from "./addons/cert-manager.ts";
import { Kubeprod, pinnedChart } from "./addons/kubeprod.ts";
import { setCluster } from "./clouds/cloud.ts";
import { hubCloud } from "./clouds/index.ts";
import { telemetryStores, workloadsWithSecrets } from "./features.ts";
import { objectsOf, type Manifest } from "./kubernetes/manifests.ts";
import {
  objectFile,
  objectFileName,
  objectsFile,
  type FileEntry,
} from "./kubernetes/state-files.ts";
import { chartLogins } from "./secrets/chart-logins.ts";
import { workloadSecrets } from "./secrets/workload-secrets.ts";

/** The production runtime. Without it cert-manager alone, for the hub's own certificate. */
export function hubAddons(
  fleet: Fleet,
  registry: readonly AddonDefinition[] = builtInAddons,
): readonly Addon[] {
  const { platform, pins, cloud, repository } = fleet;
  const app = new App();
  if (platform === null) {
    const chart = pinnedChart(certManager, pins.charts);
    setCluster(app, hubCloud(fleet.name, cloud).cluster);
    return [new CertManager(app, certManager.name, { chart, repository })];
  }
  const { email, login, hosts, addons } = platform;
  const kubeprod = new Kubeprod(app, "kubeprod", {
    fleet: fleet.name,
    domain: fleet.domain,
    email,
    login,
    hosts,
    addons,
    registry,
    charts: pins.charts,
    cloud: hubCloud(fleet.name, cloud),
    podsRange: cloud.network.pods,
    repository,
    nodeImage: pins.images.node,
    deviceCount: fleet.devices.length,
    outdatedAfterDays: fleet.coreos.outdatedAfterDays,
    collectsDeviceLogs: telemetryStores(fleet) !== null,
    workloadSecrets: [
      ...workloadSecrets(fleet.name, workloadsWithSecrets(fleet)),
      ...chartLogins(fleet.name, fleet.workloads),
    ],
  });
  return kubeprod.addons;
}

/** For each add-on a file of its Application, and one of each object of its own. */
export function addonFiles(addons: readonly Addon[]): readonly FileEntry[] {
  return addons.flatMap((addon) => {
    const { name } = addon;
    addon.separateObjects();
    const [application, own] = [objectsOf(addon), objectsOf(addon.objects)];
    for (const object of [...application, ...own]) checkSize(name, object);
    return [
      objectsFile({ kind: "addon", addon: name }, application),
      ...own.map((object) =>
        objectFile({ kind: "addonObject", addon: name, object: objectFileName(object) }, object),
      ),
    ];
  });
}

/** A text of a user's own add-on has any length, and so has the sum of the values in the fleet file. */
function checkSize(addon: string, object: Manifest): void {
  const problem = sizeProblem(object, `${object.kind} ${object.metadata.name}`);
  if (problem !== undefined)
    throw new ConstructError({ where: [`add-on ${addon}`] }, new Error(problem));
}
