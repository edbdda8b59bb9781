/**
 * What Fluent Bit does on a device: it reads the journal, the containers' logs and node_exporter,
 * and sends them to the collector beside the device's gateway. What can't be sent waits on disk.
 *
 * The budget, all of it measured before compression:
 *
 *   a day    log lines, each with its length and 160 bytes for where it comes from, up to
 *            `dailyMegabytes` from midnight to midnight UTC; then lines are dropped, and one line
 *            says so. Metrics are a fixed list, some 40 to 150 series a minute: 2 to 8 MB a day on
 *            the wire (measured: 1.4 KB for 40 series).
 *   disk     `bufferMegabytes`; beyond it the oldest goes first. A quarter of it is for metrics.
 *   memory   the container's limit; of the buffer, 8 chunks of 2 MB at most are in memory.
 *
 * Keys and behaviour: Fluent Bit 5.1.1, plugins/ and src/flb_config.c. Its filter `throttle` counts
 * records and not bytes, and `throttle_size` is not in its released image: so the day's budget is
 * kept by a few lines of Lua.
 */
import { formatYaml } from "../kubernetes/yaml.ts";
import { telemetryPort } from "../../fleet/model/contract.ts";

/** On the device: the buffer, how far the logs are read, what the day has used. */
export const stateFolder = "/var/lib/flotilla-telemetry";

/** Of Fluent Bit's own server, on the device's loopback. */
export const agentPort = 2020;

/** In the agent's ConfigMap. */
export const agentFiles = {
  settings: "fluent-bit.yaml",
  idle: "idle.yaml",
  script: "log.lua",
  start: "start.sh",
} as const;

/** Where the agent finds them. */
export const agentFolder = "/etc/flotilla";

/** Where `start.sh` puts the settings that Fluent Bit then runs by. */
export const runFolder = "/run/flotilla";

export interface AgentBudget {
  /** Of log lines a day, in units of 1,000,000 bytes. */
  readonly dailyMegabytes: number;
  /** Of the disk, in units of 1,000,000 bytes. */
  readonly bufferMegabytes: number;
}

/** What alerts and dashboards of the fleet ask for, and what a person asks first. */
export const metricNames: readonly string[] = [
  "node_boot_time_seconds",
  "node_cpu_seconds_total",
  "node_filesystem_avail_bytes",
  "node_filesystem_size_bytes",
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

/** `start.sh` writes the two addresses in place of these. */
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

/** Of a device without a tunnel: nothing is read and nothing is sent. */
export const idleSettings = formatYaml({ service });

export function agentSettings({ bufferMegabytes }: AgentBudget): string {
  const metricsMegabytes = Math.floor(bufferMegabytes / 4);
  return formatYaml({
    service: {
      ...service,
      "scheduler.base": 5,
      "scheduler.cap": 300,
      "storage.path": `${stateFolder}/buffer`,
      // A power cut spoils a chunk now and then: it is noticed and left out.
      "storage.checksum": true,
      "storage.delete_irrecoverable_chunks": true,
      // Else a few lines take 36 KB of the disk, of which there is a new file every ten seconds.
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
          // What it says itself would come back.
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

function sending(limitMegabytes: number): Record<string, unknown> {
  return {
    host: gatewayMark,
    port: telemetryPort,
    workers: 1,
    retry_limit: "no_limits",
    "storage.total_limit_size": `${limitMegabytes}M`,
    // Without its address in the tunnel nothing leaves the device: by no other way, and not in clear.
    "net.source_address": deviceMark,
    "net.connect_timeout": "10s",
    "net.io_timeout": "60s",
    "net.proxy_env_ignore": true,
  };
}
