/** The add-ons of the hub, and their files. */
import { App } from "cdk8s";
import { argoNamespace, gatewayNamespace } from "../fleet/model/contract.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { checkAddonObjects } from "./addon-objects.ts";
import type { Addon, AddonDefinition } from "./addons/addon.ts";
import { addons as builtInAddons } from "./addons/index.ts";
import { certManager, CertManager } from "./addons/cert-manager.ts";
import { Kubeprod, pinnedChart } from "./addons/kubeprod.ts";
import { setCluster } from "./clouds/cloud.ts";
import { hubCloud } from "./clouds/index.ts";
import {
  addonNamespaces,
  telemetryStores,
  usesGatewayNamespace,
  workloadsWithSecrets,
} from "./features.ts";
import { objectsOf } from "./kubernetes/manifests.ts";
import {
  objectFile,
  objectFileNames,
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

/**
 * For each add-on a file of its Application, and one of each object of its own.
 *
 * @throws ConstructError if an object is not valid
 */
export function addonFiles(fleet: Fleet, addons: readonly Addon[]): readonly FileEntry[] {
  const all = addons.map((addon) => {
    addon.separateObjects();
    return { addon, application: objectsOf(addon), own: objectsOf(addon.objects) };
  });
  checkAddonObjects(all, [
    argoNamespace,
    ...(usesGatewayNamespace(fleet) ? [gatewayNamespace] : []),
    ...addonNamespaces(fleet, addons),
  ]);
  return all.flatMap(({ addon: { name }, application, own }) => {
    const names = objectFileNames(own);
    return [
      objectsFile({ kind: "addon", addon: name }, application),
      ...own.map((object, index) =>
        objectFile({ kind: "addonObject", addon: name, object: names[index] ?? "" }, object),
      ),
    ];
  });
}
