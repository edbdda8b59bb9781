/**
 * The Application that deploys everything below `hub/`, and its project. They are applied on a new hub,
 * and are in what they deploy: from then on they change as everything else does.
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace, rootApplication } from "../../fleet/model/contract.ts";
import {
  addonFolder,
  hubFolder,
  identityFolder,
  statePath,
} from "../../fleet/model/state-layout.ts";
import { AppProject, Application } from "../imports/argoproj.io.ts";
import { gitSource, hubServer, syncPolicy, type Repository } from "./application.ts";
import { namespaceKinds, signatures } from "./projects.ts";

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

/**
 * Argo CD checks every object of a sync against the project as it is, before it applies any. A project
 * that lists what this state has would refuse the next one, which has more, together with its own change.
 */
export class RootChart extends Chart {
  constructor(scope: Construct, id: string, { repository }: RootChartProps) {
    super(scope, id);
    new AppProject(this, "project", {
      metadata: metadata(waves.project),
      spec: {
        description: "The root Application.",
        sourceRepos: [repository.url],
        ...signatures(repository.signing?.keys),
        destinations: [{ server: hubServer, namespace: "*" }],
        clusterResourceWhitelist: namespaceKinds,
        namespaceResourceWhitelist: [{ group: "*", kind: "*" }],
      },
    });
    new Application(this, "application", {
      metadata: metadata(waves.application),
      spec: {
        project: rootApplication,
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

/**
 * On a hub that has them not yet: the project, then the Application leaves `default`, and then
 * projects.ts takes all rights from `default`.
 */
const waves = { project: "-3", application: "-2" };

function metadata(wave: string) {
  return {
    name: rootApplication,
    namespace: argoNamespace,
    annotations: {
      "argocd.argoproj.io/sync-wave": wave,
      // A state of an older version has neither of them below `hub/`, and would remove what deploys it.
      "argocd.argoproj.io/sync-options": "Prune=false",
    },
  };
}
