/** Argo CD manages itself: an Application of its pinned chart, with values from the repository. */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace, argoRelease } from "../../fleet/model/contract.ts";
import { statePath } from "../../fleet/model/state-layout.ts";
import type { ChartPin } from "../../fleet/model/pins.ts";
import type { Values } from "../../fleet/model/values.ts";
import { Application, type ApplicationSpec } from "../imports/argoproj.io.ts";
import { hubServer, syncPolicy, type Repository } from "./application.ts";
import { chartSource } from "./chart-source.ts";

export interface ArgoCdChartProps {
  /** The state repository. */
  readonly repository: Repository;
  /** Its pinned chart. */
  readonly chart: ChartPin;
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

const name = "argo-cd";

/** The release that bootstrap installs: another name would make a second Argo CD. */
const releaseName = argoRelease;

function withFile({ repository, chart }: ArgoCdChartProps): Pick<ApplicationSpec, "sources"> {
  const { url, branch } = repository;
  const valueFiles = [`$values/${statePath({ kind: "argoCdValues" })}`];
  return {
    sources: [
      { ...chartSource({ name, ...chart }), helm: { releaseName, valueFiles } },
      { ref: "values", repoUrl: url, targetRevision: branch },
    ],
  };
}

/** Argo CD verifies no signature of a source that it reads for its values only. */
function withValues({ chart, values }: ArgoCdChartProps): Pick<ApplicationSpec, "source"> {
  return {
    source: { ...chartSource({ name, ...chart }), helm: { releaseName, valuesObject: values } },
  };
}
