/**
 * Every metric that alerts and dashboards use, by its origin: a test refuses any other one.
 *
 * Metrics of a device have the labels `device`, `site` and `ring`; by `ring` they differ from the same
 * metrics of the hub's own nodes.
 */
import { metricNames } from "../../fleet/model/contract.ts";

/** The gateway's script writes it (gitops/programs/tunnel/metrics.awk). */
const gateway = [metricNames.handshake, "node_textfile_mtime_seconds"];

/** Argo CD 3.4: controller/metrics, docs "Metrics". Labels of applications are switched on. */
const argoCd = [
  "argocd_app_info",
  "argocd_app_labels",
  metricNames.clusterInfo,
  metricNames.clusterConnected,
];

/**
 * kube-state-metrics 2.19: docs/metrics/extend/lease-metrics.md (older ones have no label of the
 * namespace), docs/metrics/workload/deployment-metrics.md, docs/metrics/workload/statefulset-metrics.md.
 */
const kubeState = [
  "kube_deployment_spec_replicas",
  "kube_lease_renew_time",
  "kube_statefulset_replicas",
  "kube_statefulset_status_replicas_ready",
];

/** cert-manager 1.21: pkg/metrics. */
const certManager = [
  "certmanager_certificate_renewal_timestamp_seconds",
  "certmanager_certificate_ready_status",
];

/** node_exporter 1.12 on the devices; telemetry sends them. */
const devices = [
  "node_boot_time_seconds",
  "node_filesystem_avail_bytes",
  "node_filesystem_size_bytes",
  "node_flotilla_certificate_end_timestamp_seconds",
  "node_flotilla_layer_missing",
  "node_flotilla_unit_failed",
  "node_hwmon_temp_celsius",
  "node_os_info",
  "node_thermal_zone_temp",
  "node_time_seconds",
  "node_timex_offset_seconds",
  "node_timex_sync_status",
  "node_uname_info",
];

/** The collector computes it (gitops/programs/collector/remote-write.ts). */
const collector = [metricNames.coreosRelease];

/** Prometheus' own. */
const own = ["up"];

export const knownMetrics: readonly string[] = [
  ...gateway,
  ...argoCd,
  ...kubeState,
  ...certManager,
  ...devices,
  ...collector,
  ...own,
];

/** Metrics that the recording rules compute (rules.ts). */
export const records = {
  /** UNIX time; of devices behind a gateway that have dialed in. */
  lastHandshake: "fleet:device_last_handshake:timestamp_seconds",
  /** 1, with the labels `device`, `site` and `ring`. */
  info: "fleet:device_info",
  /** 1 or 0, with the labels `device`, `site` and `ring`. */
  present: "fleet:device_present",
  /** 1, with `device`, `site`, `ring`, `workload`, `sync_status` and `health_status`. */
  application: "fleet:application_info",
  /** Degrees Celsius of the hottest sensor. */
  temperature: "fleet:device_temperature:celsius",
  /** From 0 to 1, of the fullest file system. */
  diskUsed: "fleet:device_disk_used:ratio",
} as const;
