/** Argo CD manages itself: an Application of its pinned chart, with values from the repository. */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace, argoRelease } from "../../fleet/model/contract.ts";
import { statePath } from "../../fleet/model/state-layout.ts";
import { Application } from "../imports/argoproj.io.ts";
import { hubServer, syncPolicy, type Repository } from "./application.ts";

export interface ArgoCdChartProps {
  /** The state repository. */
  readonly repository: Repository;
  /** URL of the repository of the chart argo-cd. */
  readonly chartRepository: string;
  readonly chartVersion: string;
}

export class ArgoCdChart extends Chart {
  constructor(scope: Construct, id: string, props: ArgoCdChartProps) {
    super(scope, id);
    new Application(this, "application", {
      metadata: { name: argoRelease, namespace: argoNamespace },
      spec: {
        project: "hub",
        sources: [
          {
            chart: "argo-cd",
            repoUrl: props.chartRepository,
            targetRevision: props.chartVersion,
            helm: {
              // The release that bootstrap installs: another name would make a second Argo CD.
              releaseName: argoRelease,
              valueFiles: [`$values/${statePath({ kind: "argoCdValues" })}`],
            },
          },
          {
            ref: "values",
            repoUrl: props.repository.url,
            targetRevision: props.repository.branch,
          },
        ],
        destination: { server: hubServer, namespace: argoNamespace },
        syncPolicy,
      },
    });
  }
}
