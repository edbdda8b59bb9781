/**
 * Values of the chart grafana 12.11.1, as a part of kube-prometheus-stack; its values.yaml and
 * templates were read on 2026-11-23.
 *
 * Sign-on is in front of Grafana as of every host, but it says who a user is and not which team they
 * belong to. So Grafana asks GitHub again, unnoticed by the user, with the same GitHub application,
 * whose callback is the domain itself. Nobody has a password here, not even an administrator.
 */
import type { Platform } from "../../fleet/model/platform.ts";
import { podResources } from "../kubernetes/pods.ts";
import type { Values } from "../../fleet/model/values.ts";

export const grafanaService = "grafana";

/** With `clientId` and `clientSecret`. */
export const grafanaLoginSecret = "grafana-login";

type GitHubLogin = Platform["login"]["github"];

export function grafanaValues(host: string, github: GitHubLogin): Values {
  const fromSecret = (key: string) => ({ secretKeyRef: { name: grafanaLoginSecret, key } });
  return {
    fullnameOverride: grafanaService,
    testFramework: { enabled: false },
    // A Role of its own namespace instead of one that reads every Secret of the hub.
    rbac: { namespaced: true },
    sidecar: {
      resources: podResources("20m", 64, 160),
      // There is no administrator who could request a reload: Grafana reads the folder again by
      // itself, and the data sources exist before it starts.
      dashboards: { searchNamespace: "monitoring", resource: "configmap", skipReload: true },
      datasources: { resource: "configmap", skipReload: true, initDatasources: true },
    },
    // Dashboards that users create, and their favourites. One disk, one pod.
    persistence: { enabled: true, size: "5Gi" },
    deploymentStrategy: { type: "Recreate" },
    // It would run as root to change the folder's owner; the disk's group does that.
    initChownData: { enabled: false },
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    resources: podResources("20m", 192, 512),
    env: { GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: "true" },
    envValueFrom: {
      GF_AUTH_GITHUB_CLIENT_ID: fromSecret("clientId"),
      GF_AUTH_GITHUB_CLIENT_SECRET: fromSecret("clientSecret"),
    },
    "grafana.ini": {
      server: { domain: host, root_url: `https://${host}` },
      analytics: { check_for_updates: false, reporting_enabled: false },
      security: { cookie_secure: true },
      auth: { disable_login_form: true },
      "auth.github": {
        enabled: true,
        auto_login: true,
        allow_sign_up: true,
        scopes: "user:email,read:org",
        allowed_organizations: github.organization,
        role_attribute_path: role(github),
      },
    },
    defaultDashboardsTimezone: "browser",
    defaultDashboardsEditable: false,
  };
}

/** JMESPath over GitHub's answer; Grafana's docs, "Configure GitHub OAuth": `@organization/team`. */
function role({ organization, administrators }: GitHubLogin): string {
  if (administrators === null) return "'Viewer'";
  return `contains(groups[*], '@${organization}/${administrators}') && 'Admin' || 'Viewer'`;
}
