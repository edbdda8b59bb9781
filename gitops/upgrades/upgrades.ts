/**
 * Upgrades of K3s: for each ring, and in it each calendar that devices have, the controller with its
 * Plans. Nothing at all where the fleet file names no versions.
 */
import { calendarName, calendarsOf } from "../../fleet/rules/calendar.ts";
import type { Fleet, Kind } from "../../fleet/model/fleet.ts";
import { upgradeName } from "../../fleet/model/contract.ts";
import { kindsOf } from "../kubernetes/kinds.ts";
import { manifests } from "../kubernetes/manifests.ts";
import type { Manifest } from "../kubernetes/manifests.ts";
import { formatYaml, formatYamlDocuments } from "../kubernetes/yaml.ts";
import { UpgradeController } from "./controller.ts";
import { K3sPlans, type K3sPlansProps } from "./plan.ts";
import { UpgradeRollout } from "./rollout.ts";
import { renderingFolder, statePath } from "../../fleet/model/state-layout.ts";

export interface Upgrades {
  /** Path in the state repository and text. */
  readonly files: readonly (readonly [path: string, text: string])[];
  /** Everything that there may be on a device by them. */
  readonly kinds: readonly Kind[];
}

/** Argo CD learns from it that there are Plans; it comes with the controller. */
const definitionKind: Kind = {
  group: "apiextensions.k8s.io",
  kind: "CustomResourceDefinition",
  namespaced: false,
};
const jobKind: Kind = { group: "batch", kind: "Job", namespaced: true };

export function upgradesOf(fleet: Fleet): Upgrades {
  const { k3s, pins, repository } = fleet;
  if (k3s === null) return { files: [], kinds: [] };
  const files: [path: string, text: string][] = [];
  const rollouts = manifests("upgrades", (chart) => {
    for (const [ring, version] of k3s.versions) {
      for (const calendar of calendarsOf(fleet, ring)) {
        const name = calendarName(calendar);
        const path = renderingFolder({ workload: upgradeName, ring, site: name });
        new UpgradeRollout(chart, path, { repository, ring, calendar: name, path });
        for (const object of objectsOf(pins.images.upgrades, { calendar, version })) {
          files.push([`${path}/${fileName(object)}`, formatYaml(object)]);
        }
      }
    }
  });
  if (rollouts.length > 0)
    files.push([statePath({ kind: "upgradeRollouts" }), formatYamlDocuments(rollouts)]);
  // Of any calendar, so that a first device changes nothing of Argo CD itself.
  const anyWindow = { days: ["Mon"], start: "02:00", lengthMinutes: 60 };
  const calendar = { timeZone: "UTC", windows: [anyWindow] };
  const objects = objectsOf(pins.images.upgrades, { calendar, version: pins.k3s.version });
  return { files, kinds: kindsOf(objects, [definitionKind, jobKind]) };
}

function objectsOf(image: string, plans: K3sPlansProps): readonly Manifest[] {
  return manifests(upgradeName, (scope) => {
    new UpgradeController(scope, "controller", { image });
    new K3sPlans(scope, "plans", plans);
  });
}

/** `plan-k3s.yaml`. */
function fileName({ kind, metadata }: Manifest): string {
  return `${kind.toLowerCase()}-${metadata.name}.yaml`;
}
