/** The files of what runs on devices, and of the ApplicationSets that deploy it. */
import type { Fleet } from "../fleet/model/fleet.ts";
import { upgradeName } from "../fleet/model/contract.ts";
import { calendarName, calendarsOf } from "../fleet/rules/calendar.ts";
import { telemetryStores } from "./features.ts";
import { chartManifests } from "./kubernetes/manifests.ts";
import { chartFile, objectFile, objectFileName, type FileEntry } from "./kubernetes/state-files.ts";
import { UpgradeRolloutsChart } from "./upgrades/rollouts.ts";
import { k3sUpgrade, type Pins } from "../fleet/model/pins.ts";
import { upgradeKinds, UpgradesChart } from "./upgrades/upgrades.ts";
import { renderWorkloads } from "./workloads/render.ts";
import { RolloutsChart } from "./workloads/rollouts.ts";
import type { WorkloadConstruct } from "./workloads/workload.ts";
import type { Kind } from "../fleet/model/kinds.ts";

export interface EdgeFiles {
  readonly files: readonly FileEntry[];
  /** Every kind of object that they may have on a device. */
  readonly kinds: readonly Kind[];
}

/** @throws InputError where two workloads put the same object on one device */
export function workloadFiles(
  fleet: Fleet,
  constructs: ReadonlyMap<string, WorkloadConstruct>,
): EdgeFiles {
  const { repository, workloads, pins } = fleet;
  const agentImage = telemetryStores(fleet) === null ? undefined : pins.images.agent;
  const { files, kinds, renderings } = renderWorkloads({ ...fleet, constructs, agentImage });
  const rollouts = workloads.map((workload) =>
    chartFile({ kind: "rollouts", workload: workload.name }, (app) => {
      const own = renderings.filter((rendering) => rendering.workload === workload);
      return new RolloutsChart(app, "rollouts", { repository, renderings: own });
    }),
  );
  return { files: [...rollouts, ...files], kinds };
}

/** Nothing where the fleet file has no versions of K3s. */
export function upgradeFiles(fleet: Fleet): EdgeFiles {
  const { k3s, pins, repository, devices } = fleet;
  if (k3s === null) return { files: [], kinds: [] };
  const image = pins.images.upgrades;
  const hasTaints = devices.some(({ machine }) => machine?.k3s?.nodeTaints !== undefined);
  const upgrades = [...k3s.versions].flatMap(([ring, version]) =>
    calendarsOf(fleet, ring).map((calendar) => ({
      ring,
      calendar,
      props: { ...releaseOf(pins, version), hasTaints },
    })),
  );
  const files = upgrades.flatMap(({ ring, calendar, props }) =>
    chartManifests((app) => new UpgradesChart(app, "upgrades", { image, calendar, ...props })).map(
      (object) =>
        objectFile(
          {
            kind: "rendered",
            workload: upgradeName,
            ring,
            site: calendarName(calendar),
            object: objectFileName(object),
          },
          object,
        ),
    ),
  );
  const rollouts = upgrades.map(({ ring, calendar }) => ({
    ring,
    calendar: calendarName(calendar),
  }));
  const rolloutFiles =
    rollouts.length === 0
      ? []
      : [
          chartFile(
            { kind: "upgradeRollouts" },
            (app) => new UpgradeRolloutsChart(app, "rollouts", { repository, rollouts }),
          ),
        ];
  return {
    files: [...rolloutFiles, ...files],
    kinds: upgradeKinds({ image, ...releaseOf(pins, pins.k3s.version) }),
  };
}

function releaseOf({ k3s }: Pins, version: string) {
  const upgrade = k3sUpgrade(k3s, version);
  if (upgrade === undefined) throw new Error(`the lock has no hashes of ${version}`);
  return { version, upgrade };
}
