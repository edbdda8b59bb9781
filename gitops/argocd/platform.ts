/** What Argo CD's values get from the hub's production runtime: its page, sign-on, notifications. */
import { hasAddon } from "../../fleet/model/addons.ts";
import { ingressClass, issuerName } from "../addons/names.ts";
import type { Platform } from "../../fleet/model/fleet.ts";
import { deviceLabel, siteLabel, workloadLabel } from "../../fleet/model/contract.ts";
import { podResources } from "../kubernetes/pods.ts";
import { formatYaml } from "../kubernetes/yaml.ts";

/** With the keys `clientId` and `clientSecret` of the GitHub application; from Secret Manager. */
export const argoCdLoginSecret = "argocd-login";

/** The operator of Prometheus makes this Service, whatever the release is called. */
const alertmanager = "alertmanager-operated.monitoring:9093";

export function platformValues(platform: Platform): Record<string, unknown> {
  const { github } = platform.login;
  return {
    configs: {
      cm: {
        // Values that start with a dollar are looked up in the Secret.
        "dex.config": formatYaml({
          connectors: [
            {
              type: "github",
              id: "github",
              name: "GitHub",
              config: {
                clientID: `$${argoCdLoginSecret}:clientId`,
                clientSecret: `$${argoCdLoginSecret}:clientSecret`,
                orgs: [{ name: github.organization }],
                // Names of teams as in their addresses.
                teamNameField: "slug",
              },
            },
          ],
        }),
      },
      // TLS ends at the ingress.
      params: { "server.insecure": true },
      rbac: {
        "policy.default": "role:readonly",
        "policy.csv":
          github.administrators === null
            ? ""
            : `g, ${github.organization}:${github.administrators}, role:admin\n`,
      },
    },
    dex: { enabled: true, resources: podResources("10m", 32, 128) },
    server: {
      ingress: {
        enabled: true,
        ingressClassName: ingressClass,
        annotations: {
          "cert-manager.io/cluster-issuer": issuerName,
          // Its event streams come as they are.
          "nginx.org/proxy-buffering": "false",
        },
        tls: true,
      },
    },
    ...(hasAddon({ platform }, "prometheus") && { notifications: notifications() }),
  };
}

/**
 * Everything that goes wrong is heard of in one place: Argo CD tells Alertmanager, which has the
 * receivers and the silences. The device's presence is not among it: Argo CD stays green when a
 * device dies, so that alert is Prometheus' own.
 */
function notifications(): Record<string, unknown> {
  return {
    enabled: true,
    resources: podResources("10m", 64, 256),
    notifiers: { "service.alertmanager": formatYaml({ targets: [alertmanager] }) },
    templates: {
      "template.degraded": alert(
        "ApplicationDegraded",
        "{{.app.metadata.name}} is degraded: {{.app.status.health.message}}",
      ),
      "template.refused": alert(
        "ApplicationSyncFailed",
        "{{.app.metadata.name}} could not be synced: {{.app.status.operationState.message}}",
      ),
    },
    triggers: {
      "trigger.on-degraded": formatYaml([
        { when: "app.status.health.status == 'Degraded'", send: ["degraded"] },
      ]),
      "trigger.on-sync-failed": formatYaml([
        {
          // It is tried again without end, so it is seldom over. Of a device that is away nothing
          // is tried at all: what fails five times has something wrong in Git.
          when: "(app.status?.operationState?.retryCount ?? 0) >= 5",
          send: ["refused"],
        },
      ]),
    },
    subscriptions: [{ recipients: ["alertmanager"], triggers: ["on-degraded", "on-sync-failed"] }],
  };
}

function alert(name: string, summary: string): string {
  // Applications of the hub have none of these labels; of a text that comes out empty Argo CD would
  // send the template.
  const label = (key: string) =>
    `{{with .app.metadata.labels}}{{with index . "${key}"}}{{.}}{{else}}hub{{end}}{{else}}hub{{end}}`;
  return formatYaml({
    message: summary,
    alertmanager: {
      labels: {
        alertname: name,
        severity: "warning",
        application: "{{.app.metadata.name}}",
        device: label(deviceLabel),
        site: label(siteLabel),
        workload: label(workloadLabel),
      },
      annotations: { summary },
      generatorURL: "{{.context.argocdUrl}}/applications/{{.app.metadata.name}}",
    },
  });
}
