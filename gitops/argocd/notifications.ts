/**
 * Values of Argo CD's chart for its notifications: it sends alerts to Alertmanager, which has the
 * receivers and the silences. Prometheus itself raises the alert about an absent device, because
 * Argo CD stays green when a device dies.
 */
import { deviceLabel, siteLabel, workloadLabel } from "../../fleet/model/contract.ts";
import type { Values } from "../../fleet/model/values.ts";
import { podResources } from "../kubernetes/pods.ts";
import { formatYaml } from "../kubernetes/yaml.ts";

/**
 * @param alertmanager its host and port
 * @param applicationListMebibytes memory of a program that keeps every Application
 */
export function notificationValues(alertmanager: string, applicationListMebibytes: number): Values {
  return {
    enabled: true,
    resources: podResources("10m", 64, Math.max(256, applicationListMebibytes)),
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
          // Argo CD retries without limit, so a sync seldom ends. It does not sync an absent device at
          // all: after five failures something is wrong in Git.
          when: "(app.status?.operationState?.retryCount ?? 0) >= 5",
          send: ["refused"],
        },
      ]),
    },
    subscriptions: [{ recipients: ["alertmanager"], triggers: ["on-degraded", "on-sync-failed"] }],
  };
}

function alert(name: string, summary: string): string {
  // The hub's Applications have none of these labels. Where a template's result is empty, Argo CD
  // sends the template itself.
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
