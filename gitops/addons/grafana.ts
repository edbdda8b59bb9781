/**
 * Values of the chart grafana 12.11.1, as a part of kube-prometheus-stack; its values.yaml and
 * templates were read on 2026-11-23.
 *
 * Sign-on stands in front of Grafana as of every page, but it says who somebody is and not which
 * team they are in. So Grafana asks GitHub once more, without anyone noticing: by the same GitHub
 * application, whose callback is the domain itself. Nobody has a password here, not even an
 * administrator.
 */
import type { Platform } from "../../fleet/model/fleet.ts";

export const grafanaService = "grafana";

/** With `clientId` and `clientSecret`. */
export const grafanaLoginSecret = "grafana-login";

export function grafanaValues(platform: Platform): Record<string, unknown> {
  const { host, github } = { host: platform.hosts.grafana, github: platform.login.github };
  const fromSecret = (key: string) => ({ secretKeyRef: { name: grafanaLoginSecret, key } });
  return {
    fullnameOverride: grafanaService,
    testFramework: { enabled: false },
    // A Role of its own namespace instead of one that reads every Secret of the hub.
    rbac: { namespaced: true },
    sidecar: {
      resources: resources(64, 160),
      // No administrator whose name could ask for a reload: the folder is read again by itself, and
      // the data sources are there before Grafana starts.
      dashboards: { searchNamespace: "monitoring", resource: "configmap", skipReload: true },
      datasources: { resource: "configmap", skipReload: true, initDatasources: true },
    },
    // Dashboards that people make and the order of their favourites. One disk, one pod.
    persistence: { enabled: true, size: "5Gi" },
    deploymentStrategy: { type: "Recreate" },
    // As root it would make the folder Grafana's; the disk's group does that.
    initChownData: { enabled: false },
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    resources: resources(192, 512),
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

/** JMESPath over what GitHub says; Grafana's docs, "Configure GitHub OAuth": `@organization/team`. */
function role({ organization, administrators }: Platform["login"]["github"]): string {
  if (administrators === null) return "'Viewer'";
  return `contains(groups[*], '@${organization}/${administrators}') && 'Admin' || 'Viewer'`;
}

function resources(requestMebibytes: number, limitMebibytes: number): Record<string, unknown> {
  return {
    requests: { cpu: "20m", memory: `${requestMebibytes}Mi` },
    limits: { memory: `${limitMebibytes}Mi` },
  };
}
