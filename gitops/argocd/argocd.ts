/** Argo CD manages itself: an Application of its pinned chart, with values from the repository. */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace, argoRelease } from "../../fleet/model/contract.ts";
import { statePath } from "../../fleet/model/state-layout.ts";
import type { Values } from "../../fleet/model/values.ts";
import { Application, type ApplicationSpec } from "../imports/argoproj.io.ts";
import { hubServer, syncPolicy, type Repository } from "./application.ts";

export interface ArgoCdChartProps {
  /** The state repository. */
  readonly repository: Repository;
  /** URL of the repository of the chart argo-cd. */
  readonly chartRepository: string;
  readonly chartVersion: string;
  /** Its values, which are in the state repository too. */
  readonly values: Values;
}

export class ArgoCdChart extends Chart {
  constructor(scope: Construct, id: string, props: ArgoCdChartProps) {
    super(scope, id);
    new Application(this, "application", {
      metadata: { name: argoRelease, namespace: argoNamespace },
      spec: {
        project: "hub",
        ...(props.repository.signing === undefined ? withFile(props) : withValues(props)),
        destination: { server: hubServer, namespace: argoNamespace },
        syncPolicy,
      },
    });
  }
}

function chartSource(props: ArgoCdChartProps) {
  return {
    chart: "argo-cd",
    repoUrl: props.chartRepository,
    targetRevision: props.chartVersion,
  };
}

/** The release that bootstrap installs: another name would make a second Argo CD. */
const releaseName = argoRelease;

function withFile(props: ArgoCdChartProps): Pick<ApplicationSpec, "sources"> {
  const { url, branch } = props.repository;
  const valueFiles = [`$values/${statePath({ kind: "argoCdValues" })}`];
  return {
    sources: [
      { ...chartSource(props), helm: { releaseName, valueFiles } },
      { ref: "values", repoUrl: url, targetRevision: branch },
    ],
  };
}

/** Argo CD verifies no signature of a source that it reads for its values only. */
function withValues(props: ArgoCdChartProps): Pick<ApplicationSpec, "source"> {
  return { source: { ...chartSource(props), helm: { releaseName, valuesObject: props.values } } };
}
