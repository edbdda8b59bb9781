/**
 * A workload on the fleet: an ApplicationSet for each of its renderings, which makes an Application
 * on every registered device that has the workload's labels and is in the ring. A site with its own
 * rendering has its own ApplicationSet, and that of the ring leaves the site out.
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { ringLabel, siteLabel } from "../../fleet/model/contract.ts";
import type { WorkloadChart } from "../../fleet/model/workload.ts";
import { gitSource, type Repository } from "../argocd/application.ts";
import { chartSource } from "../argocd/chart-source.ts";
import { DeviceApplications } from "../argocd/device-applications.ts";
import { workloadProject } from "../argocd/projects.ts";
import type { ApplicationSpec } from "../imports/argoproj.io.ts";
import type { LabelSelector } from "../imports/k8s.ts";
import { chartValuesFile, renderingFolderOf, type Rendering } from "./rendering.ts";

export interface RolloutsChartProps {
  /** The state repository. */
  readonly repository: Repository;
  /** The renderings of one workload. */
  readonly renderings: readonly Rendering[];
}

export class RolloutsChart extends Chart {
  constructor(scope: Construct, id: string, { repository, renderings }: RolloutsChartProps) {
    super(scope, id);
    for (const rendering of renderings) {
      const { workload, ring, site } = rendering;
      new DeviceApplications(this, renderingFolderOf(rendering), {
        workload: workload.name,
        ring,
        // Names of rings and sites have no dot, so no two ApplicationSets have the same name.
        suffix: site === null ? ring : `${ring}.${site}`,
        site: site ?? undefined,
        selector: selectorOf(rendering),
        project: workloadProject,
        ...(workload.chart === undefined
          ? { source: gitSource({ repository, path: renderingFolderOf(rendering) }) }
          : { sources: chartSources(repository, rendering, workload.chart) }),
      });
    }
  }
}

function selectorOf({ workload, ring, site, otherSites }: Rendering): LabelSelector {
  return {
    matchLabels: {
      ...workload.selector,
      [ringLabel]: ring,
      ...(site !== null && { [siteLabel]: site }),
    },
    ...(otherSites.length > 0 && {
      matchExpressions: [{ key: siteLabel, operator: "NotIn", values: [...otherSites] }],
    }),
  };
}

/**
 * The chart, and the folder with its values and its namespace. The values are in a file, because the
 * ApplicationSet would evaluate double braces in them.
 */
function chartSources(
  repository: Repository,
  rendering: Rendering,
  chart: WorkloadChart,
): ApplicationSpec["sources"] {
  const path = renderingFolderOf(rendering);
  return [
    {
      ...chartSource({ ...chart, version: rendering.version }),
      helm: {
        releaseName: rendering.workload.name,
        valueFiles: [`$values/${path}/${chartValuesFile}`],
      },
    },
    {
      ...gitSource({ repository, path }),
      ref: "values",
      // The values are not a manifest.
      directory: { exclude: chartValuesFile },
    },
  ];
}
