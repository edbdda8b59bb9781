/** The hub's production runtime. */
import type { AddonOptions } from "./addons.ts";

/** What people open on the hub, and the host of each below the domain. */
export const hostNames = ["argocd", "grafana", "kibana", "prometheus", "alertmanager"] as const;

/** A page of the hub. */
export type HostName = (typeof hostNames)[number];

/** The hub's production runtime: what BKPR gave. */
export interface Platform {
  /** Let's Encrypt and the alerts write to it. */
  readonly email: string;
  readonly login: {
    /** Members of `organization` may see; those of its team `administrators` may change. */
    readonly github: { readonly organization: string; readonly administrators: string | null };
  };
  /** Host of each page, all of them below the domain. */
  readonly hosts: Readonly<Record<HostName, string>>;
  /** The options of its add-ons; see addons.ts. */
  readonly addons: AddonOptions;
}
