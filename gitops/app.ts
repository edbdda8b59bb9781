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
import { registrationFiles, siteFiles } from "./device-files.ts";
import { courierFiles, gatewayFiles, peersFiles } from "./gateway-files.ts";
import { argoCdFiles } from "./argocd-files.ts";
import { hubStatementFiles } from "./hub-statement-files.ts";
import { builtIn, type Registry } from "./registry.ts";
import { upgradeFiles, workloadFiles } from "./workload-files.ts";
import type { FileEntry } from "./kubernetes/state-files.ts";
import { sharedInputs } from "./shared-inputs.ts";
import type { PublicKeys } from "../fleet/model/secrets.ts";

/**
 * @param fleet every workload has a chart, manifests, or a construct in `registry`
 * @param publicKeys of the same fleet
 * @param imageDigests by device name: a fingerprint of what the device's image holds
 * @param registry what the fleet was loaded with
 * @param remember finds what earlier runs made
 */
export function synthesizeState(
  fleet: Fleet,
  publicKeys: PublicKeys,
  imageDigests: ReadonlyMap<string, string> = new Map(),
  registry: Registry = builtIn,
  remember: Remember = rememberNothing,
): Tree {
  const inputs = sharedInputs(fleet, publicKeys);
  const make = () => JSON.stringify(sharedFiles(fleet, publicKeys, registry));
  // A user's own classes may be others in the next run.
  const shared = registry === builtIn ? remember("state", {}, inputs, make) : make();
  return sortedTree([
    ...(JSON.parse(shared) as readonly FileEntry[]),
    ...peersFiles(fleet, publicKeys, remember),
    ...registrationFiles(fleet, publicKeys, imageDigests, remember),
  ]);
}

/** The files that several devices share: what they depend on is in shared-inputs.ts. */
function sharedFiles(
  fleet: Fleet,
  publicKeys: PublicKeys,
  registry: Registry,
): readonly FileEntry[] {
  const addons = hubAddons(fleet, registry.addons);
  const workloads = workloadFiles(fleet, registry.workloads);
  const upgrades = upgradeFiles(fleet);
  return [
    ...argoCdFiles(fleet, addons, workloads.kinds, upgrades.kinds),
    ...addonFiles(fleet, addons),
    ...courierFiles(fleet, publicKeys),
    ...gatewayFiles(fleet),
    ...siteFiles(fleet, workloads.kinds),
    ...hubStatementFiles(fleet, publicKeys),
    ...workloads.files,
    ...upgrades.files,
  ];
}
