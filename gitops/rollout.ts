/**
 * A workload in one ring: an ApplicationSet that makes an Application for each registered device
 * which carries the workload's labels and stands in the ring.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet, Workload } from "../fleet/model.ts";
import { argoApiVersion, argoNamespace, gitSource, syncPolicy } from "./argo.ts";
import { deviceLabel, ringLabel, siteLabel, workloadLabel } from "./labels.ts";

export interface RolloutProps {
  readonly repository: Fleet["repository"];
  readonly workload: Workload;
  readonly ring: string;
}

/** Where the objects of a workload lie in the state repository, for one ring. */
export function workloadPath(workload: string, ring: string): string {
  return `edge/${workload}/${ring}`;
}

export class Rollout extends Construct {
  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const { repository, workload, ring } = props;
    const labels = { [workloadLabel]: workload.name, [ringLabel]: ring };
    new ApiObject(this, "application-set", {
      apiVersion: argoApiVersion,
      kind: "ApplicationSet",
      metadata: { name: `${workload.name}-${ring}`, namespace: argoNamespace, labels },
      spec: {
        goTemplate: true,
        goTemplateOptions: ["missingkey=error"],
        generators: [
          { clusters: { selector: { matchLabels: { ...workload.selector, [ringLabel]: ring } } } },
        ],
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
            project: "fleet",
            source: gitSource({ repository, path: workloadPath(workload.name, ring) }),
            destination: { name: "{{.name}}", namespace: workload.name },
            syncPolicy,
          },
        },
      },
    });
  }
}
