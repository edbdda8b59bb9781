/**
 * The real Prometheus and Alertmanager on loopback, with the fleet's rules, with what their operator makes of
 * our monitors and values, and with a webhook that keeps what it is sent. Time runs faster: a rule that waits
 * for six hours waits for half a minute.
 */
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { alertmanagerConfig } from "../../../gitops/addons/alerting.ts";
import { monitors } from "../../../gitops/monitoring/monitors.ts";
import { ruleGroupsOf } from "../../../gitops/monitoring/rules.ts";
import type { Processes } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { freePort } from "../telemetry/telemetry-hub.ts";

export interface Alert {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface MonitoringStack {
  readonly url: string;
  readonly alertmanagerUrl: string;
  /** What the webhook was sent, in order. */
  readonly notifications: Alert[];
  close(): void;
}

/** Pages that are scraped, by the name of the monitor. A page that is undefined does not answer. */
export type Pages = Readonly<Record<string, () => string | undefined>>;

export async function startMonitoring(
  processes: Processes,
  pages: Pages,
): Promise<MonitoringStack> {
  const { folder } = processes;
  const notifications: Alert[] = [];
  const webhook = await serve((path, body) => {
    notifications.push(...(JSON.parse(body) as { alerts: Alert[] }).alerts);
    return path;
  });
  const targets = await serve((path) => pages[path.slice(1)]?.());
  const [port, alertmanagerPort] = [await freePort(), await freePort()];
  const [url, alertmanagerUrl] = [port, alertmanagerPort].map((each) => `http://127.0.0.1:${each}`);

  const write = (name: string, value: unknown) => {
    const path = join(folder, name);
    // JSON is YAML.
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  const address = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(join(folder, "webhook-url"), `http://${address(webhook)}/`);
  const settings = JSON.stringify(alertmanagerConfig({ webhook: true }, "ops@example.com"))
    .replaceAll("/etc/alertmanager/secrets/alerts-webhook/url", join(folder, "webhook-url"))
    .replace('"group_wait":"30s"', '"group_wait":"1s"')
    .replace('"group_interval":"5m"', '"group_interval":"2s"');
  const alertmanager = processes.service({
    name: "alertmanager",
    command: [
      peerPath("alertmanager-0.34.0") ?? "",
      `--config.file=${write("alertmanager.yml", JSON.parse(settings))}`,
      `--storage.path=${join(folder, "alertmanager")}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      "--cluster.listen-address=",
    ],
    ready: async () => (await fetch(`${alertmanagerUrl}/-/ready`)).ok,
  });
  const prometheus = processes.service({
    name: "prometheus",
    command: [
      peerPath("prometheus-3.14.0") ?? "",
      `--config.file=${write("prometheus.yml", {
        global: { evaluation_interval: "1s", external_labels: { fleet: "harbor" } },
        storage: { tsdb: { out_of_order_time_window: "24h" } },
        rule_files: [write("rules.yml", { groups: fastGroups() })],
        alerting: {
          alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }],
        },
        scrape_configs: Object.keys(pages).map((name) => scrape(name, address(targets))),
      })}`,
      `--storage.tsdb.path=${join(folder, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
    ],
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  await alertmanager.start();
  await prometheus.start();
  return {
    url: url ?? "",
    alertmanagerUrl: alertmanagerUrl ?? "",
    notifications,
    close: () => {
      for (const server of [webhook, targets]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

/** The rules, looked at every second, and 720 times as fast. */
function fastGroups(): unknown {
  const fast = (duration: string) => {
    const [, count = "", unit = ""] = /^(\d+)([mh])$/.exec(duration) ?? [];
    const minutes = Number(count) * (unit === "h" ? 60 : 1);
    // Not before everything was scraped once: Prometheus takes five seconds to begin.
    return `${Math.max(8, Math.ceil(minutes / 12))}s`;
  };
  return ruleGroupsOf({ outdatedAfterDays: 56, grafana: "grafana.example.com" }).map(
    ({ name, rules = [] }) => ({
      name,
      interval: "1s",
      rules: rules.map((rule) => ("for" in rule ? { ...rule, for: fast(String(rule.for)) } : rule)),
    }),
  );
}

/** What the operator makes of a PodMonitor, for a pod at a fixed address. */
function scrape(name: string, target: string): unknown {
  const monitor = monitors.find((each) => each.name === name);
  if (monitor === undefined) throw new Error(`there is no monitor ${name}`);
  const steps = (monitor.metricRelabelings ?? []).map(
    ({ sourceLabels, targetLabel, regex, action }) => ({
      ...(sourceLabels && { source_labels: sourceLabels }),
      ...(targetLabel && { target_label: targetLabel }),
      ...(regex && { regex }),
      action,
    }),
  );
  const labels = { namespace: monitor.namespace, pod: `${name}-0` };
  return {
    job_name: name,
    honor_labels: true,
    scrape_interval: "1s",
    metrics_path: `/${name}`,
    static_configs: [{ targets: [target], labels }],
    metric_relabel_configs: steps,
  };
}

async function serve(answer: (path: string, body: string) => string | undefined): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      const text = answer(request.url ?? "", body);
      response.writeHead(text === undefined ? 503 : 200, { "content-type": "text/plain" });
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
