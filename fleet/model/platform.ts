/** The hub's production runtime. */
import type { AddonOptions } from "./addons.ts";

/** The hub's web pages, by the default first label of their host names. */
export const hostNames = ["argocd", "grafana", "kibana", "prometheus", "alertmanager"] as const;

/** A web page of the hub. */
export type HostName = (typeof hostNames)[number];

/** The production runtime: ingress, certificates, DNS, sign-on, logs and metrics. */
export interface Platform {
  /** E-mail address for Let's Encrypt and for alerts. */
  readonly email: string;
  readonly login: {
    /**
     * Members of `organization` have read access; those of its team `administrators` write access.
     */
    readonly github: { readonly organization: string; readonly administrators: string | null };
  };
  /** Host name of each page, below the domain. */
  readonly hosts: Readonly<Record<HostName, string>>;
  /** The options of its add-ons; see addons.ts. */
  readonly addons: AddonOptions;
}
