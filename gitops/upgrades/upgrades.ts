/** What upgrades K3s on a device: the controller and its Plans. */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import type { Kind } from "../../fleet/model/kinds.ts";
import { kindsOf } from "../kubernetes/kinds.ts";
import { chartManifests } from "../kubernetes/manifests.ts";
import { UpgradeController } from "./controller.ts";
import { K3sPlans, type K3sPlansProps } from "./k3s-plans.ts";

export interface UpgradesChartProps extends K3sPlansProps {
  /** Image of the controller, with its tag. */
  readonly image: string;
}

export class UpgradesChart extends Chart {
  constructor(scope: Construct, id: string, { image, ...plans }: UpgradesChartProps) {
    super(scope, id);
    const { hasTaints = false } = plans;
    new UpgradeController(this, "controller", { image, hasTaints });
    new K3sPlans(this, "plans", plans);
  }
}

/** Argo CD learns from it that there are Plans. The controller creates it. */
const definitionKind: Kind = {
  group: "apiextensions.k8s.io",
  kind: "CustomResourceDefinition",
  namespaced: false,
};
const jobKind: Kind = { group: "batch", kind: "Job", namespaced: true };

/** Every kind of object that upgrades may have on a device, whatever its calendar. */
export function upgradeKinds(props: Omit<UpgradesChartProps, "calendar">) {
  const window = { days: ["Mon"], start: "02:00", lengthMinutes: 60 };
  const calendar = { timeZone: "UTC", windows: [window] };
  const objects = chartManifests(
    (app) => new UpgradesChart(app, "upgrades", { ...props, calendar }),
  );
  return kindsOf(objects, [definitionKind, jobKind]);
}
