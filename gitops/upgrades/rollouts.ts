/** The upgrades on the fleet: an ApplicationSet for each ring and calendar, over registrations. */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { calendarLabel, ringLabel, upgradeName } from "../../fleet/model/contract.ts";
import { renderingFolder } from "../../fleet/model/state-layout.ts";
import { gitSource, type Repository } from "../argocd/application.ts";
import { DeviceApplications } from "../argocd/device-applications.ts";
import { upgradesProject } from "../argocd/projects.ts";

export interface UpgradeRolloutsChartProps {
  /** The state repository. */
  readonly repository: Repository;
  readonly rollouts: readonly UpgradeRollout[];
}

/** Devices that upgrade alike. */
export interface UpgradeRollout {
  readonly ring: string;
  /** Name of the calendar. */
  readonly calendar: string;
}

export class UpgradeRolloutsChart extends Chart {
  constructor(scope: Construct, id: string, props: UpgradeRolloutsChartProps) {
    super(scope, id);
    for (const { ring, calendar } of props.rollouts) {
      const path = renderingFolder({ workload: upgradeName, ring, site: calendar });
      new DeviceApplications(this, path, {
        workload: upgradeName,
        ring,
        suffix: `${ring}.${calendar}`,
        selector: { matchLabels: { [ringLabel]: ring, [calendarLabel]: calendar } },
        project: upgradesProject,
        source: gitSource({ repository: props.repository, path }),
      });
    }
  }
}
