/**
 * A workload in one ring: an ApplicationSet that makes an Application for each registered device
 * which carries the workload's labels and stands in the ring. A site with values of its own has one
 * of its own, which the ring's leaves out.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { argoApiVersion, gitSource, syncPolicy } from "./names.ts";
import { chartValuesFile } from "../workloads/rendered.ts";
import {
  argoNamespace,
  deviceLabel,
  ringLabel,
  siteLabel,
  workloadLabel,
} from "../../fleet/model/contract.ts";
import { workloadProject } from "./projects.ts";
import { renderingFolderOf, type Rendering } from "../workloads/renderings.ts";

export interface RolloutProps {
  readonly repository: Fleet["repository"];
  readonly rendering: Rendering;
}

export class Rollout extends Construct {
  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const { workload, ring, site } = props.rendering;
    const labels = {
      [workloadLabel]: workload.name,
      [ringLabel]: ring,
      ...(site !== null && { [siteLabel]: site }),
    };
    // No ring or site has a dot in its name, so no other ApplicationSet has this one's.
    const suffix = site === null ? ring : `${ring}.${site}`;
    new ApiObject(this, "application-set", {
      apiVersion: argoApiVersion,
      kind: "ApplicationSet",
      metadata: { name: `${workload.name}-${suffix}`, namespace: argoNamespace, labels },
      spec: {
        goTemplate: true,
        goTemplateOptions: ["missingkey=error"],
        generators: [{ clusters: { selector: selectorOf(props.rendering) } }],
        // A device that left the fleet is not to be waited for: without this its applications would
        // carry a finalizer and hang for as long as the device is out of reach.
        syncPolicy: { preserveResourcesOnDeletion: true },
        template: {
          metadata: {
            name: `{{.name}}-${workload.name}`,
            labels: {
              ...labels,
              [deviceLabel]: "{{.name}}",
              [siteLabel]: `{{index .metadata.labels "${siteLabel}"}}`,
            },
          },
          spec: {
            project: workloadProject,
            ...sourceOf(props),
            destination: { name: "{{.name}}", namespace: workload.name },
            syncPolicy,
          },
        },
      },
    });
  }
}

function selectorOf({ workload, ring, site, otherSites }: Rendering): Record<string, unknown> {
  return {
    matchLabels: {
      ...workload.selector,
      [ringLabel]: ring,
      ...(site !== null && { [siteLabel]: site }),
    },
    ...(otherSites.length > 0 && {
      matchExpressions: [{ key: siteLabel, operator: "NotIn", values: otherSites }],
    }),
  };
}

/**
 * The folder of what was rendered; of a chart, the chart with the values and the namespace that lie
 * there. Values are not written here, where double braces would be the ApplicationSet's own.
 */
function sourceOf({ repository, rendering }: RolloutProps): Record<string, unknown> {
  const { workload, version } = rendering;
  const path = renderingFolderOf(rendering);
  const folder = gitSource({ repository, path });
  if (workload.chart === undefined) return { source: folder };
  return {
    sources: [
      {
        chart: workload.chart.name,
        repoURL: workload.chart.repository,
        targetRevision: version,
        helm: {
          releaseName: workload.name,
          valueFiles: [`$values/${path}/${chartValuesFile}`],
        },
      },
      // Values are no manifest.
      { ...folder, ref: "values", directory: { exclude: chartValuesFile } },
    ],
  };
}
