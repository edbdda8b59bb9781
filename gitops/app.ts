/**
 * The state repository: everything that runs on the hub and on the devices, as plain YAML, one file
 * for each thing that a reviewer would review. A new device changes its own file and the list of the
 * gateway's peers, nothing else.
 *
 * Only this file and those beside it see the Fleet. They pass what a construct needs as its props.
 */
import type { Fleet } from "../fleet/model/fleet.ts";
import { rememberNothing, type Remember } from "../fleet/model/remember.ts";
import { sortedTree, type Tree } from "../fleet/model/tree.ts";
import { addonFiles, hubAddons } from "./addon-files.ts";
import { deviceFiles } from "./device-files.ts";
import { courierFiles, gatewayFiles } from "./gateway-files.ts";
import { argoCdFiles } from "./argocd-files.ts";
import { hubStatementFiles } from "./hub-statement-files.ts";
import { builtIn, type Registry } from "./registry.ts";
import { upgradeFiles, workloadFiles } from "./workload-files.ts";
import type { PublicKeys } from "../fleet/model/secrets.ts";

/**
 * @param fleet every workload has a chart, manifests, or a construct in `registry`
 * @param publicKeys of the same fleet
 * @param imageDigests by device name: a fingerprint of what the device's image holds
 * @param registry what the fleet was loaded with
 * @param remember finds the registrations of earlier runs
 */
export function synthesizeState(
  fleet: Fleet,
  publicKeys: PublicKeys,
  imageDigests: ReadonlyMap<string, string> = new Map(),
  registry: Registry = builtIn,
  remember: Remember = rememberNothing,
): Tree {
  const addons = hubAddons(fleet, registry.addons);
  const workloads = workloadFiles(fleet, registry.workloads);
  const upgrades = upgradeFiles(fleet);
  return sortedTree([
    ...argoCdFiles(fleet, addons, workloads.kinds, upgrades.kinds),
    ...addonFiles(addons),
    ...courierFiles(fleet, publicKeys),
    ...gatewayFiles(fleet, publicKeys),
    ...deviceFiles(fleet, publicKeys, imageDigests, workloads.kinds, remember),
    ...hubStatementFiles(fleet, publicKeys),
    ...workloads.files,
    ...upgrades.files,
  ]);
}
