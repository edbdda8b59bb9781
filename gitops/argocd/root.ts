/** The one Application that bootstrap applies: everything under `hub/` follows from it. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { argoApiVersion, gitSource, hubServer, syncPolicy } from "./names.ts";
import { addonPath } from "../addons/kubeprod.ts";
import { valuesPath } from "./argocd.ts";
import { identityPath } from "./identity.ts";
import { argoNamespace, rootApplication } from "../../fleet/model/contract.ts";

export const hubPath = "hub";

const excluded = [valuesPath, `${identityPath}/*`, addonPath("*/*")];

/** Argo CD counts from the source's own path. */
function inside(path: string): string {
  return path.slice(hubPath.length + 1);
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
          ...gitSource({ repository: props.repository, path: hubPath }),
          // Values are no manifest, and what an Application of its own applies is not root's.
          directory: { recurse: true, exclude: `{${excluded.map(inside).join(",")}}` },
        },
        destination: { server: hubServer, namespace: argoNamespace },
        syncPolicy,
      },
    });
  }
}
