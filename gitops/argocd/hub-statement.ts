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
  connectivityLabel,
  hubStatementName,
  managedByFlotilla,
  systemNamespace,
} from "../../fleet/model/contract.ts";
import type { Kind } from "../../fleet/model/kinds.ts";
import { hubStatementFolder } from "../../fleet/model/state-layout.ts";
import { KubeConfigMap } from "../imports/k8s.ts";
import { deviceServers, gitSource, type Repository } from "./application.ts";
import { addApplicationSet } from "./device-applications.ts";
import {
  addProject,
  allowedKinds,
  destinations,
  hubStatementProject as name,
  signatures,
} from "./projects.ts";

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
    addApplicationSet(this, {
      // With a dot: names of devices, workloads and rings have none, so no two objects share a name.
      name: "hub.statement",
      application: `{{.name}}.${name}`,
      namespace: systemNamespace,
      selector: { matchLabels: { [connectivityLabel]: "direct" } },
      project: name,
      source: gitSource({ repository, path: hubStatementFolder }),
    });
  }
}
