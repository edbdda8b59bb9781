/**
 * The alerts about the fleet. Each has a severity, a summary, and what to do first.
 *
 * Severities: `critical` wakes somebody at night, `warning` waits for the morning.
 */
import { Construct } from "constructs";
import {
  argoController,
  argoNamespace,
  deviceLabel,
  gatewayNamespace,
  metricNames,
  presentSecondsMax,
  reconnectLease,
  reconnectLeaseSeconds,
  ringLabel,
  siteLabel,
  workloadLabel,
} from "../../fleet/model/contract.ts";
import { hubStatementProject, upgradesProject } from "../argocd/projects.ts";
import { telemetryWorkload } from "../telemetry/agent-settings.ts";
import { records } from "./metrics.ts";
import { runbookUrl } from "./runbooks.ts";
import { PrometheusRule, type PrometheusRuleSpecGroups } from "../imports/monitoring.coreos.com.ts";

export interface Alert {
  /** Its name: `Fleet…` for devices, `Hub…` for the hub. */
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must be true: `15m`. */
  readonly for: string;
  readonly severity: "critical" | "warning";
  /** One sentence; Prometheus' template fills in labels. */
  readonly summary: string;
  /** What to do first, in the alert itself. `runbooks.ts` says the rest. */
  readonly runbook: string;
}

export interface Recording {
  readonly record: string;
  readonly expr: string;
}

const temperatureCelsiusMax = 85;
const diskUsedRatioMax = 0.9;
const clockOffsetSecondsMax = 1;
const certificateDaysMin = 30;

/** The label of a metric that holds an application's label (Argo CD). */
const applicationLabel = (label: string) => `label_${label.replace(/[^a-zA-Z0-9_]/g, "_")}`;

/** Devices' applications that a selector matches, with their labels under short names. */
const labelledApplications = (selector = "") =>
  [
    ["device", deviceLabel],
    ["site", siteLabel],
    ["ring", ringLabel],
    ["workload", workloadLabel],
  ].reduce(
    (expression, [target = "", source = ""]) =>
      `label_replace(${expression}, "${target}", "$1", "${applicationLabel(source)}", "(.+)")`,
    `argocd_app_labels{${applicationLabel(deviceLabel)}!=""${selector}}`,
  );

/** The statement about the hub's keys is an application of a device too, and has no ring. */
const withRing = labelledApplications(`, ${applicationLabel(ringLabel)}!=""`);
const withWorkload = `label_replace(${labelledApplications()}, "workload", "${hubStatementProject}", "name", ".+[.]${hubStatementProject}")`;

/** Those that are for single devices. All others are the hub's. */
const deviceProjects = `fleet(-.+)?|${upgradesProject}|${hubStatementProject}`;

const handshakes = `max by (device) (${metricNames.handshake})`;

/** Devices that the hub reaches without a gateway, by the connection of Argo CD. */
const directPresent = `max by (device) (label_replace(
  max by (server, name) (${metricNames.clusterInfo}{name!="in-cluster"})
    * on (server) group_left () max by (server) (${metricNames.clusterConnected}),
  "device", "$1", "name", "(.+)"))
  unless on (device) ${handshakes}`;

const anyPresent = `((time() - ${records.lastHandshake} < bool ${presentSecondsMax}) or (${directPresent}))`;

/** Adds the site and the ring of the device, where they are known. */
function located(expression: string): string {
  return `(${expression} * on (device) group_left (site, ring) ${records.info})
or (${expression} unless on (device) ${records.info})`;
}

export const recordings: readonly Recording[] = [
  {
    // A gateway that has restarted knows no handshake: the last value stays, as long as the device
    // is one of the gateway's peers.
    record: records.lastHandshake,
    expr: `max by (device) (${metricNames.handshake} > 0)
or (${records.lastHandshake} and on (device) ${handshakes})`,
  },
  {
    // Argo CD says nothing of the applications of a device that it skips, because it is away: the last
    // value stays, as above. One series for each device, or Prometheus could compute the presence of none:
    // while a device changes its ring or site, some of its applications still have the old one.
    record: records.info,
    expr: `topk by (device) (1, max by (device, site, ring) (${withRing})
or (${records.info} and on (device) ${handshakes}
  unless on (device) ${withRing}))`,
  },
  { record: records.present, expr: located(anyPresent) },
  {
    record: records.application,
    expr: `max by (device, site, ring, workload, sync_status, health_status) (
  max by (name, sync_status, health_status) (argocd_app_info{project=~"${deviceProjects}"})
    * on (name) group_left (device, site, ring, workload)
      max by (name, device, site, ring, workload) (${withWorkload}))`,
  },
  {
    record: records.temperature,
    expr: `max by (device, site, ring) (
  {__name__=~"node_hwmon_temp_celsius|node_thermal_zone_temp", ring!=""})`,
  },
  {
    record: records.diskUsed,
    expr: `max by (device, site, ring) (
  1 - node_filesystem_avail_bytes{ring!="", mountpoint!~"/boot.*"}
    / node_filesystem_size_bytes{ring!="", mountpoint!~"/boot.*"})`,
  },
];

/** A device that is away causes one alert, and not one for each thing that is wrong with it. */
const whilePresent = `unless on (device) (${records.present} == 0)`;

const controllerPods = `{namespace="${argoNamespace}", statefulset="${argoController}"}`;

/** Prometheus has no `up` of a pod that has no address yet, such as one that no node has room for. */
const gatewaysWithoutPod = `label_replace(
  kube_deployment_spec_replicas{namespace="${gatewayNamespace}"} unless on (deployment)
    label_replace(up{namespace="${gatewayNamespace}"}, "deployment", "$1", "pod", "(.+)-[^-]+-[^-]+"),
  "pod", "$1", "deployment", "(.+)")`;

const presence: readonly Alert[] = [
  {
    alert: "FleetDeviceAway",
    // By then its last handshake is three minutes old.
    expr: `${records.present} == 0`,
    for: "12m",
    severity: "warning",
    summary: "{{ $labels.device }} ({{ $labels.site }}) has been away for 15 minutes.",
    runbook:
      "Ask the site whether it has power and a network. `flotilla status` shows when the device was last seen. When it is back, it is updated automatically.",
  },
  {
    alert: "FleetSiteAway",
    expr: `count by (site) (${records.present}{site!=""} == 0) >= 2
and on (site) avg by (site) (${records.present}{site!=""}) <= 0.5`,
    for: "5m",
    severity: "critical",
    summary: "{{ $value }} devices of {{ $labels.site }} are away: at least half of the site.",
    runbook:
      "Check whether the site's internet provider has an outage, and whether its firewall allows UDP to the gateway's port.",
  },
  {
    alert: "FleetGatewayDown",
    expr: `up{namespace="${gatewayNamespace}"} == 0
or absent(up{namespace="${gatewayNamespace}"})
or ${gatewaysWithoutPod}
or time() - node_textfile_mtime_seconds{namespace="${gatewayNamespace}", ring=""} > 60`,
    for: "5m",
    severity: "critical",
    summary: "The gateway {{ $labels.pod }} does not work: its devices are cut off from the hub.",
    runbook: `Run \`kubectl -n ${gatewayNamespace} describe pod\`, and read the log of the container \`tunnel\`. The devices keep running, and reconnect automatically.`,
  },
  {
    alert: "HubReconnectDown",
    expr: `time() - max(kube_lease_renew_time{lease="${reconnectLease}"}) > ${reconnectLeaseSeconds}
or absent(kube_lease_renew_time{lease="${reconnectLease}"})`,
    for: "5m",
    severity: "warning",
    summary:
      "The program reconnect does not work: devices that are back wait for up to ten minutes.",
    runbook: `kubectl -n ${argoNamespace} logs deployment/reconnect shows what fails. Meanwhile the pod reconnect-fallback makes Argo CD skip no device.`,
  },
  {
    alert: "HubControllerDown",
    expr: `max(kube_statefulset_replicas${controllerPods})
  - max(kube_statefulset_status_replicas_ready${controllerPods}) > 0`,
    for: "10m",
    severity: "critical",
    summary:
      "{{ $value }} pods of Argo CD's controller do not work: the hub does not update their devices.",
    runbook: `Run \`kubectl -n ${argoNamespace} get pods -o wide\` and \`describe\` the pod. The devices keep running, and the pod compares all of its devices when it is back.`,
  },
  {
    alert: "FleetTelemetryMissing",
    // If no device sends metrics, telemetry is off. Direct devices cannot send any, and the workload may not
    // select all others.
    expr: `(${records.present} == 1) unless on (device) node_time_seconds{ring!=""}
and on (device) ${records.lastHandshake}
and on (device) ${records.application}{workload="${telemetryWorkload}"}
and on () (count(node_time_seconds{ring!=""}) > 0)`,
    for: "30m",
    severity: "warning",
    summary: "{{ $labels.device }} ({{ $labels.site }}) is present, but sends no metrics.",
    runbook: "Check the application of its telemetry in Argo CD, then the log of that pod.",
  },
];

const synchronization: readonly Alert[] = [
  {
    alert: "FleetApplicationDegraded",
    expr: `${records.application}{health_status=~"Degraded|Missing"} ${whilePresent}`,
    for: "1h",
    severity: "warning",
    summary: "{{ $labels.workload }} on {{ $labels.device }} is {{ $labels.health_status }}.",
    runbook:
      "Open the application in Argo CD. If a whole ring is affected, run `flotilla rollback`.",
  },
  {
    alert: "FleetApplicationOutOfSync",
    expr: `${records.application}{sync_status="OutOfSync"} ${whilePresent}`,
    for: "1h",
    severity: "warning",
    summary: "{{ $labels.workload }} on {{ $labels.device }} has differed from Git for an hour.",
    runbook: "Open the application in Argo CD: its last sync shows what the device rejected.",
  },
  {
    alert: "HubApplicationDegraded",
    expr: `argocd_app_info{project!~"${deviceProjects}", health_status=~"Degraded|Missing"}`,
    for: "1h",
    severity: "critical",
    summary: "{{ $labels.name }} on the hub is {{ $labels.health_status }}.",
    runbook: "Open the application in Argo CD. The devices keep running without the hub.",
  },
  {
    alert: "HubApplicationOutOfSync",
    expr: `argocd_app_info{project!~"${deviceProjects}", sync_status="OutOfSync"}`,
    for: "1h",
    severity: "warning",
    summary: "{{ $labels.name }} on the hub has differed from Git for an hour.",
    runbook: "Open the application in Argo CD: its last sync shows what was rejected.",
  },
  {
    alert: "HubCertificateNotRenewed",
    expr: `(certmanager_certificate_renewal_timestamp_seconds < time() - 3600)
or (certmanager_certificate_ready_status{condition="False"} == 1)`,
    for: "15m",
    severity: "critical",
    summary: "{{ $labels.namespace }}/{{ $labels.name }} was not renewed and will expire.",
    runbook:
      "`kubectl describe certificate` shows the reason. When the hub's own certificate has expired, Argo CD reaches no device.",
  },
];

const machines: readonly Alert[] = [
  {
    alert: "FleetDiskAlmostFull",
    expr: `${records.diskUsed} > ${diskUsedRatioMax}`,
    for: "30m",
    severity: "warning",
    summary:
      "A disk of {{ $labels.device }} ({{ $labels.site }}) is {{ $value | humanizePercentage }} full.",
    runbook:
      "Kubernetes removes unused images at 85 %. The rest is data: find the volume that grows.",
  },
  {
    alert: "FleetTemperatureHigh",
    expr: `${records.temperature} > ${temperatureCelsiusMax}`,
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.device }} ({{ $labels.site }}) is at {{ $value }} °C.",
    runbook: "Ask the site to check its fan, and whether dust or an object covers it.",
  },
  {
    alert: "FleetClockSkew",
    expr: `max by (device, site, ring) (abs(node_timex_offset_seconds{ring!=""})) > ${clockOffsetSecondsMax}
or max by (device, site, ring) (node_timex_sync_status{ring!=""}) == 0`,
    for: "1h",
    severity: "warning",
    summary: "The clock of {{ $labels.device }} ({{ $labels.site }}) is not synchronized.",
    runbook:
      "Run `chronyc sources` on the device. The site's firewall may block NTP, or the battery of the clock is empty. A clock that is years off makes every certificate invalid.",
  },
];

const updates = (outdatedAfterDays: number): readonly Alert[] => [
  {
    alert: "FleetOsOutdated",
    expr: `time() - max by (device, site, ring) (${metricNames.coreosRelease}) > ${outdatedAfterDays} * 86400`,
    for: "6h",
    severity: "warning",
    summary:
      "{{ $labels.device }} ({{ $labels.site }}) runs a Fedora CoreOS that is {{ $value | humanizeDuration }} old: it does not update itself.",
    runbook:
      "Run `journalctl -u zincati -u rpm-ostreed` and `rpm-ostree status` on the device. Often the update servers are unreachable, or the layered package does not fit the new release.",
  },
  {
    alert: "FleetUpdateFailed",
    expr: `max by (device, site, ring, unit) (node_flotilla_unit_failed{ring!=""}) == 1
or max by (device, site, ring, package) (node_flotilla_layer_missing{ring!=""}) == 1`,
    for: "1h",
    severity: "warning",
    summary:
      "{{ $labels.device }} ({{ $labels.site }}) cannot update itself: {{ $labels.unit }}{{ $labels.package }} failed or is missing.",
    runbook:
      "Run `systemctl status` and `journalctl -u` for that unit on the device. For k3s-selinux, run `rpm-ostree status` and `sudo systemctl restart k3s-selinux`.",
  },
  {
    alert: "FleetCertificateEnds",
    // The device reports 0 for a certificate that it cannot read. K3s renews all 120 days before their end.
    expr: `min by (device, site, ring) (node_flotilla_certificate_end_timestamp_seconds{ring!=""})
  - time() < ${certificateDaysMin} * 86400`,
    for: "1h",
    severity: "warning",
    summary: `A certificate of K3s on {{ $labels.device }} ({{ $labels.site }}) expires within ${certificateDaysMin} days, has expired or cannot be read.`,
    runbook:
      "Run `sudo systemctl restart k3s` on the device: it renews them and leaves the pods running. `sudo k3s certificate check` lists them. Then find out why it has not restarted for months (`systemctl status zincati`).",
  },
];

/** @param outdatedAfterDays the age of a Fedora CoreOS that does not update itself */
export function alertsOf(outdatedAfterDays: number): readonly Alert[] {
  return [...presence, ...synchronization, ...machines, ...updates(outdatedAfterDays)];
}

/** A minute is also how often metrics come in. */
const interval = "1m";

/** As Prometheus reads them from a file, and its operator from a PrometheusRule. */
export const ruleGroupsOf = ({
  outdatedAfterDays,
  grafana,
}: Omit<FleetRulesProps, "namespace">): readonly PrometheusRuleSpecGroups[] => [
  { name: "fleet-records", interval, rules: recordings },
  {
    name: "fleet-alerts",
    interval,
    rules: alertsOf(outdatedAfterDays).map(
      ({ alert, expr, for: time, severity, summary, runbook }) => ({
        alert,
        expr,
        for: time,
        labels: { severity },
        annotations: { summary, runbook, runbook_url: runbookUrl(grafana, alert) },
      }),
    ),
  },
];

export interface FleetRulesProps {
  readonly namespace: string;
  /** See alertsOf. */
  readonly outdatedAfterDays: number;
  /** Host name of Grafana, which shows the runbooks. */
  readonly grafana: string;
}

export class FleetRules extends Construct {
  constructor(scope: Construct, id: string, { namespace, ...props }: FleetRulesProps) {
    super(scope, id);
    new PrometheusRule(this, "rules", {
      metadata: { name: "fleet", namespace },
      spec: { groups: [...ruleGroupsOf(props)] },
    });
  }
}
