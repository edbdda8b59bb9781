/**
 * The settings of Fluent Bit on a device: it reads the journal, the containers' logs and
 * node_exporter, and sends them to the collector in the pod of the device's gateway. What it cannot
 * send it keeps on disk.
 *
 * The budget, before compression:
 *
 *   a day    log lines, each with its length and 160 bytes for its origin, up to `dailyMegabytes`
 *            from midnight to midnight UTC; then lines are dropped, and one line reports it. Metrics
 *            are a fixed list, about 40 to 150 series a minute: 2 to 8 MB a day on the wire
 *            (measured: 1.4 KB for 40 series).
 *   disk     `bufferMegabytes`; when it is full, the oldest data is deleted. A quarter is for
 *            metrics.
 *   memory   the container's limit; of the buffer, at most 8 chunks of 2 MB are in memory.
 *
 * Keys and behaviour: Fluent Bit 5.1.1, plugins/ and src/flb_config.c. Its filter `throttle` counts
 * records and not bytes, and `throttle_size` is not in its released image: therefore a Lua script
 * keeps the day's budget (gitops/programs/telemetry-agent/).
 */
import { formatYaml } from "../kubernetes/yaml.ts";
import { telemetryPort } from "../../fleet/model/contract.ts";

/** The workload that sends telemetry. */
export const telemetryWorkload = "telemetry";

/** On the device: the buffer, the position in each log, and what the day has used. */
export const stateFolder = "/var/lib/flotilla-telemetry";

/** Port of Fluent Bit's own HTTP server, on the device's loopback interface. */
export const agentPort = 2020;

/** Files in the agent's ConfigMap. */
export const agentFiles = {
  settings: "fluent-bit.yaml",
  idle: "idle.yaml",
  script: "log.lua",
  start: "start.sh",
} as const;

/** Where these files are mounted. */
export const agentFolder = "/etc/flotilla";

/** Where `start.sh` writes the settings that Fluent Bit reads. */
export const runFolder = "/run/flotilla";

export interface AgentBudget {
  /** Log lines a day, in units of 1,000,000 bytes. */
  readonly dailyMegabytes: number;
  /** Space on the disk, in units of 1,000,000 bytes. */
  readonly bufferMegabytes: number;
}

/** The metrics that the fleet's alerts and dashboards use, and the usual first questions. */
export const metricNames: readonly string[] = [
  "node_boot_time_seconds",
  "node_cpu_seconds_total",
  "node_filesystem_avail_bytes",
  "node_filesystem_size_bytes",
  "node_flotilla_certificate_end_timestamp_seconds",
  "node_flotilla_layer_missing",
  "node_flotilla_unit_failed",
  "node_hwmon_temp_celsius",
  "node_load1",
  "node_memory_MemAvailable_bytes",
  "node_memory_MemTotal_bytes",
  "node_network_receive_bytes_total",
  "node_network_transmit_bytes_total",
  "node_os_info",
  "node_thermal_zone_temp",
  "node_time_seconds",
  "node_timex_offset_seconds",
  "node_timex_sync_status",
  "node_uname_info",
  "node_vmstat_oom_kill",
];

/** `start.sh` replaces these with the two addresses. */
const gatewayMark = "@GATEWAY@";
const deviceMark = "@DEVICE@";

const service = {
  flush: 10,
  grace: 5,
  log_level: "warn",
  http_server: true,
  http_listen: "127.0.0.1",
  http_port: agentPort,
};

/** Settings of a device without a tunnel: Fluent Bit reads nothing and sends nothing. */
export const idleSettings = formatYaml({ service });

export function agentSettings({ bufferMegabytes }: AgentBudget): string {
  const metricsMegabytes = Math.floor(bufferMegabytes / 4);
  return formatYaml({
    service: {
      ...service,
      "scheduler.base": 5,
      "scheduler.cap": 300,
      "storage.path": `${stateFolder}/buffer`,
      // A power cut can damage a chunk: Fluent Bit detects and deletes it.
      "storage.checksum": true,
      "storage.delete_irrecoverable_chunks": true,
      // Otherwise a few lines take 36 KB of the disk, with a new file every ten seconds.
      "storage.trim_files": true,
      "storage.max_chunks_up": 8,
      "storage.backlog.mem_limit": "8M",
    },
    pipeline: {
      inputs: [
        {
          name: "systemd",
          tag: "log.journal",
          path: "/var/log/journal",
          db: `${stateFolder}/journal.db`,
          max_entries: 500,
          read_from_tail: true,
          "storage.type": "filesystem",
        },
        {
          name: "tail",
          tag: "log.container",
          path: "/var/log/containers/*.log",
          // It must not read its own log.
          exclude_path: "/var/log/containers/telemetry-agent-*.log",
          "multiline.parser": "cri",
          path_key: "file",
          db: `${stateFolder}/containers.db`,
          buffer_max_size: "64k",
          skip_long_lines: true,
          "storage.type": "filesystem",
        },
        {
          name: "prometheus_scrape",
          tag: "metrics",
          host: "127.0.0.1",
          port: 9100,
          metrics_path: "/metrics",
          scrape_interval: "60s",
          "storage.type": "filesystem",
          processors: {
            metrics: [
              {
                name: "metrics_selector",
                metric_name: `/^(${metricNames.join("|")})$/`,
                action: "include",
              },
            ],
          },
        },
      ],
      filters: [
        { name: "lua", match: "log.*", script: `${agentFolder}/${agentFiles.script}`, call: "log" },
      ],
      outputs: [
        {
          name: "http",
          match: "log.*",
          uri: "/logs",
          format: "json_lines",
          json_date_key: "@timestamp",
          json_date_format: "iso8601",
          compress: "gzip",
          ...sending(bufferMegabytes - metricsMegabytes),
        },
        {
          name: "prometheus_remote_write",
          match: "metrics",
          uri: "/metrics",
          ...sending(metricsMegabytes),
        },
      ],
    },
  });
}

/** What the two outputs have in common. */
function sending(limitMegabytes: number) {
  return {
    host: gatewayMark,
    port: telemetryPort,
    workers: 1,
    retry_limit: "no_limits",
    "storage.total_limit_size": `${limitMegabytes}M`,
    // Without the tunnel's address nothing leaves the device, so nothing leaves it unencrypted.
    "net.source_address": deviceMark,
    "net.connect_timeout": "10s",
    "net.io_timeout": "60s",
    "net.proxy_env_ignore": true,
  };
}
