/** Upgrades in one ring, on devices of one calendar: an ApplicationSet over their registrations. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { argoApiVersion, gitSource, syncPolicy } from "../argocd/names.ts";
import {
  argoNamespace,
  calendarLabel,
  deviceLabel,
  ringLabel,
  siteLabel,
  upgradeName,
  workloadLabel,
} from "../../fleet/model/contract.ts";
import { upgradesProject } from "../argocd/projects.ts";

export interface UpgradeRolloutProps {
  readonly repository: Fleet["repository"];
  readonly ring: string;
  /** The calendar's name. */
  readonly calendar: string;
  /** Where in the state repository the objects lie. */
  readonly path: string;
}

export class UpgradeRollout extends Construct {
  constructor(scope: Construct, id: string, props: UpgradeRolloutProps) {
    super(scope, id);
    const { repository, ring, calendar, path } = props;
    const labels = { [workloadLabel]: upgradeName, [ringLabel]: ring };
    new ApiObject(this, "application-set", {
      apiVersion: argoApiVersion,
      kind: "ApplicationSet",
      metadata: { name: `${upgradeName}-${ring}.${calendar}`, namespace: argoNamespace, labels },
      spec: {
        goTemplate: true,
        goTemplateOptions: ["missingkey=error"],
        generators: [
          {
            clusters: {
              selector: { matchLabels: { [ringLabel]: ring, [calendarLabel]: calendar } },
            },
          },
        ],
        // As workloads: a device that left the fleet is not to be waited for.
        syncPolicy: { preserveResourcesOnDeletion: true },
        template: {
          metadata: {
            name: `{{.name}}-${upgradeName}`,
            labels: {
              ...labels,
              [deviceLabel]: "{{.name}}",
              [siteLabel]: `{{index .metadata.labels "${siteLabel}"}}`,
            },
          },
          spec: {
            project: upgradesProject,
            source: gitSource({ repository, path }),
            destination: { name: "{{.name}}", namespace: upgradeName },
            syncPolicy,
          },
        },
      },
    });
  }
}
