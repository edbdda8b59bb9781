/**
 * Takes the statement about the generation of the hub's keys to the devices without a tunnel: a device
 * that reads it drops what was on an older hub (edge/parts/hub-generations/read-hub-statement.sh).
 *
 * The statement is signed by an authority that was not on an older hub, so it may be delivered with any
 * credential.
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import {
  argoNamespace,
  connectivityLabel,
  deviceLabel,
  hubStatementName,
  managedByFlotilla,
  siteLabel,
  systemNamespace,
} from "../../fleet/model/contract.ts";
import type { Kind } from "../../fleet/model/kinds.ts";
import { hubStatementFolder } from "../../fleet/model/state-layout.ts";
import { KubeConfigMap } from "../imports/k8s.ts";
import { deviceServers, gitSource, syncPolicy, type Repository } from "./application.ts";
import { ApplicationSet } from "./application-set.ts";
import { addProject, allowedKinds, destinations, signatures } from "./projects.ts";

const name = "hub-statement";

export const hubStatementKind: Kind = { group: "", kind: "ConfigMap", namespaced: true };

export interface HubStatementChartProps {
  readonly hubGeneration: number;
  /** In base64. */
  readonly signature: string;
}

/** The statement. */
export class HubStatementChart extends Chart {
  constructor(scope: Construct, id: string, { hubGeneration, signature }: HubStatementChartProps) {
    super(scope, id);
    new KubeConfigMap(this, "statement", {
      metadata: { name: hubStatementName, namespace: systemNamespace, labels: managedByFlotilla },
      data: { generation: String(hubGeneration), signature },
    });
  }
}

/** A project and the Applications, one on each registered device without a tunnel. */
export class HubStatementRolloutChart extends Chart {
  constructor(scope: Construct, id: string, { repository }: { readonly repository: Repository }) {
    super(scope, id);
    addProject(this, name, {
      description: "The statement about the hub's keys on devices.",
      sourceRepos: [repository.url],
      ...signatures(repository.signing?.keys),
      destinations: destinations(deviceServers, [systemNamespace]),
      ...allowedKinds([hubStatementKind]),
    });
    new ApplicationSet(this, "application-set", {
      // With a dot: names of devices, workloads and rings have none, so no two objects share a name.
      metadata: { name: "hub.statement", namespace: argoNamespace },
      spec: {
        goTemplate: true,
        goTemplateOptions: ["missingkey=error"],
        generators: [
          { clusters: { selector: { matchLabels: { [connectivityLabel]: "direct" } } } },
        ],
        // Applications of a removed device would hang for as long as it is unreachable.
        syncPolicy: { preserveResourcesOnDeletion: true },
        template: {
          metadata: {
            name: `{{.name}}.${name}`,
            labels: {
              [deviceLabel]: "{{.name}}",
              [siteLabel]: `{{index .metadata.labels "${siteLabel}"}}`,
            },
          },
          spec: {
            project: name,
            source: gitSource({ repository, path: hubStatementFolder }),
            destination: { name: "{{.name}}", namespace: systemNamespace },
            syncPolicy,
          },
        },
      },
    });
  }
}
