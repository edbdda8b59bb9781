/** The Application that bootstrap applies. It deploys everything below `hub/`. */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace, rootApplication } from "../../fleet/model/contract.ts";
import {
  addonFolder,
  hubFolder,
  identityFolder,
  statePath,
} from "../../fleet/model/state-layout.ts";
import { Application } from "../imports/argoproj.io.ts";
import { gitSource, hubServer, syncPolicy, type Repository } from "./application.ts";

/** Chart values are not manifests, and other Applications deploy the objects in these folders. */
const excluded = [
  statePath({ kind: "argoCdValues" }),
  `${identityFolder}/*`,
  `${addonFolder("*")}/*`,
];

/** Argo CD matches patterns against paths inside the source's folder. */
function insideHub(path: string): string {
  return path.slice(hubFolder.length + 1);
}

export interface RootChartProps {
  /** The state repository. */
  readonly repository: Repository;
}

export class RootChart extends Chart {
  constructor(scope: Construct, id: string, { repository }: RootChartProps) {
    super(scope, id);
    new Application(this, "application", {
      metadata: { name: rootApplication, namespace: argoNamespace },
      spec: {
        // The only project before the first sync; projects.ts then limits its rights.
        project: "default",
        source: {
          ...gitSource({ repository, path: hubFolder }),
          directory: { recurse: true, exclude: `{${excluded.map(insideHub).join(",")}}` },
        },
        destination: { server: hubServer, namespace: argoNamespace },
        syncPolicy,
      },
    });
  }
}
