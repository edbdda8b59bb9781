/**
 * The hub's production runtime: what Bitnami's kubeprod gave, on charts that are kept today. Every
 * add-on is an Application of its own, so that one which is broken holds no other back.
 */
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { gitSource, hubServer, syncPolicy } from "../argocd/application.ts";
import { Application } from "../imports/argoproj.io.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { NamespaceNetwork } from "../kubernetes/network.ts";
import { ownObjects, pinOf } from "./addon.ts";
import type { Addon } from "./addon.ts";
import { argoNamespace } from "../../fleet/model/contract.ts";
import { addonFolder } from "../../fleet/model/state-layout.ts";

export interface KubeprodProps {
  readonly fleet: Fleet;
  /** Those that are switched on; see enabledAddons in index.ts. */
  readonly addons: readonly Addon[];
}

/** Every add-on in one chart, for those who use the construct alone. */
export class Kubeprod extends Construct {
  constructor(scope: Construct, id: string, { fleet, addons }: KubeprodProps) {
    super(scope, id);
    for (const addon of addons) new AddonApplication(this, addon.name, { fleet, addon });
  }
}

export interface AddonApplicationProps {
  readonly fleet: Fleet;
  readonly addon: Addon;
}

/** An add-on's namespace, its network and the Application that installs its chart. */
export class AddonApplication extends Construct {
  constructor(scope: Construct, id: string, { fleet, addon }: AddonApplicationProps) {
    super(scope, id);
    const { namespace } = addon;
    new Namespace(this, "namespace", namespace);
    new NamespaceNetwork(this, "network", { namespace: namespace.name, ...addon.network(fleet) });
    const { name, values, hasRemoteSchema = false } = addon.release(fleet);
    const chart = addon.chart.name;
    const { repository: repoUrl, version: targetRevision } = pinOf(addon, fleet);
    const release = {
      chart,
      repoUrl,
      targetRevision,
      helm: {
        releaseName: name,
        valuesObject: values,
        ...(hasRemoteSchema && { skipSchemaValidation: true }),
      },
    };
    const own = gitSource({ repository: fleet.repository, path: addonFolder(addon.name) });
    const hasOwn = ownObjects(addon, fleet).length > 0;
    new Application(this, "application", {
      metadata: {
        name: addon.name,
        namespace: argoNamespace,
        annotations: { "argocd.argoproj.io/sync-wave": String(addon.wave) },
      },
      spec: {
        project: "hub",
        ...(hasOwn ? { sources: [release, own] } : { source: release }),
        destination: { server: hubServer, namespace: namespace.name },
        syncPolicy: {
          ...syncPolicy,
          syncOptions: [
            ...syncPolicy.syncOptions,
            // The objects' kinds come with the chart, in the same sync.
            ...(hasOwn ? ["SkipDryRunOnMissingResource=true"] : []),
          ],
        },
      },
    });
  }
}
