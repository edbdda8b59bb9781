/** The one Application that bootstrap applies: everything under `hub/` follows from it. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { argoApiVersion, gitSource, hubServer, syncPolicy } from "./names.ts";
import { argoNamespace, rootApplication } from "../../fleet/model/contract.ts";
import {
  statePath,
  identityFolder,
  addonFolder,
  hubFolder,
} from "../../fleet/model/state-layout.ts";

const excluded = [
  statePath({ kind: "argoCdValues" }),
  `${identityFolder}/*`,
  `${addonFolder("*")}/*`,
];

/** Argo CD counts from the source's own path. */
function inside(path: string): string {
  return path.slice(hubFolder.length + 1);
}

export interface RootProps {
  readonly repository: Fleet["repository"];
}

export class Root extends Construct {
  constructor(scope: Construct, id: string, props: RootProps) {
    super(scope, id);
    new ApiObject(this, "application", {
      apiVersion: argoApiVersion,
      kind: "Application",
      metadata: { name: rootApplication, namespace: argoNamespace },
      spec: {
        // The only project that exists before the first sync; projects.ts then narrows it.
        project: "default",
        source: {
          ...gitSource({ repository: props.repository, path: hubFolder }),
          // Values are no manifest, and what an Application of its own applies is not root's.
          directory: { recurse: true, exclude: `{${excluded.map(inside).join(",")}}` },
        },
        destination: { server: hubServer, namespace: argoNamespace },
        syncPolicy,
      },
    });
  }
}
