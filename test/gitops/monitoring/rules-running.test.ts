/**
 * The fleet's alerts on the real Prometheus and Alertmanager: devices that are hot, full, old and stuck send
 * what the real node_exporter reports about them to the real collector, one dies, and the webhook learns it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadAll } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reconnectLease } from "../../../fleet/model/contract.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { processes, until, type Processes } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";
import { freePort, TelemetryHub } from "../telemetry/telemetry-hub.ts";
import { exporterDevice, type DeviceState, type ExporterDevice } from "./exporter-device.ts";
import { startMonitoring, type Alert, type MonitoringStack } from "./monitoring-stack.ts";

const peers = ["alertmanager-0.34.0", "node-exporter-1.12.1", "prometheus-3.14.0"];
const isReady = peers.every((name) => peerPath(name) !== undefined) && process.getuid?.() === 0;
const why = isReady ? "" : " (SKIPPED: not root, or test/peers/build.sh e2e was not run)";

const day = 86_400_000;
/** A release of Fedora CoreOS of so many days ago, as os-release has it. */
function releaseOf(days: number): string {
  const date = new Date(Date.now() - days * day).toISOString().slice(0, 10).replaceAll("-", "");
  return `44.${date}.3.1 (CoreOS)`;
}

const well: DeviceState = { celsius: 48, usedMebibytes: 5, release: releaseOf(10) };
const states: Readonly<Record<string, DeviceState>> = {
  "well-1": well,
  "dead-1": { ...well, celsius: 97 },
  "hot-1": { ...well, celsius: 91 },
  "full-1": { ...well, usedMebibytes: 15 },
  "old-1": { ...well, release: releaseOf(70) },
  "stuck-1": {
    ...well,
    // As edge/parts/update-report writes it.
    textfile:
      'node_flotilla_unit_failed{unit="zincati.service"} 1\n' +
      'node_flotilla_unit_failed{unit="rpm-ostreed.service"} 0\n' +
      'node_flotilla_layer_missing{package="k3s-selinux"} 0\n',
  },
};
const names = Object.keys(states);
const addressOf = (name: string) => `127.0.0.${10 + names.indexOf(name)}`;

/** The arguments of the container node-exporter, as it is published. */
function exporterArguments(): readonly string[] {
  const objects = [...synthesizeState(sampleFleet, samplePublicKeys)]
    .filter(([path]) => path.startsWith("edge/telemetry/stable/"))
    .flatMap(([, text]) => loadAll(text) as any[]);
  const daemon = objects.find(({ kind, metadata }) => kind === "DaemonSet" && metadata.name);
  return daemon.spec.template.spec.containers[0].args;
}

describe.skipIf(!isReady)(`alerts${why}`, { timeout: 120_000 }, () => {
  let folder: string;
  let all: Processes;
  let stack: MonitoringStack;
  const over = new AbortController();
  let sending: Promise<void> = Promise.resolve();
  let devices: ReadonlyMap<string, ExporterDevice>;
  const hub = new TelemetryHub();
  const dead = new Set<string>();
  let isGatewayUp = true;

  const seconds = (before = 0) => (Date.now() / 1000 - before).toFixed(0);
  const handshakes = new Map<string, string>();
  /** As gitops/programs/tunnel/metrics.awk writes it, by way of node_exporter. */
  const gatewayPage = () => {
    for (const name of names) if (!dead.has(name)) handshakes.set(name, seconds());
    const lines = names.map(
      (name) =>
        `wireguard_latest_handshake_seconds{interface="wg0",public_key="${name}=",` +
        `allowed_ips="${addressOf(name)}/32",friendly_name="${name}"} ${handshakes.get(name)}`,
    );
    return `${lines.join("\n")}\nnode_textfile_mtime_seconds{file="wireguard.prom"} ${seconds()}\n`;
  };
  /** And of kube-state-metrics, which its chart has scraped: `reconnect` renews its Lease. */
  const argoCdPage = () =>
    `kube_lease_renew_time{lease="${reconnectLease}"} ${seconds()}\n` +
    names
      .map(
        (name) =>
          `argocd_app_labels{label_flotilla_dev_device="${name}",label_flotilla_dev_ring="stable",` +
          `label_flotilla_dev_site="boston",label_flotilla_dev_workload="pos",name="${name}-pos",` +
          `namespace="argocd",project="fleet"} 1\n` +
          `argocd_app_info{name="${name}-pos",project="fleet",sync_status="Synced",` +
          `health_status="Healthy"} 1\n`,
      )
      .join("");

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "alerts-"));
    all = processes(folder);
    const pages = {
      gateway: () => (isGatewayUp ? gatewayPage() : undefined),
      argocd: argoCdPage,
    };
    stack = await startMonitoring(all, pages);
    const list = names.map((name) => `${addressOf(name)} ${name} boston stable\n`).join("");
    await hub.start(list, "127.0.0.1", `${stack.url}/api/v1/write`);
    const made = names.map(
      async (name) =>
        [
          name,
          exporterDevice(all, name, await freePort(), exporterArguments(), states[name] ?? well),
        ] as const,
    );
    devices = new Map(await Promise.all(made));
    await Promise.all([...devices.values()].map(({ service }) => service.start()));
    sending = send();
    // A test that waits for an alert says so.
    sending.catch(() => {});
  }, 120_000);

  afterAll(async () => {
    over.abort();
    await sending.catch(() => {});
    stack?.close();
    await hub.remove();
    await all?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What Fluent Bit does once a minute. */
  async function send(): Promise<void> {
    while (!over.signal.aborted) {
      for (const [name, device] of devices) {
        if (dead.has(name)) continue;
        await hub.send(addressOf(name), "/metrics", "snappy", await device.request());
      }
      await sleep(500);
    }
  }

  /** Waits for a notification. */
  function notified(status: Alert["status"], alertname: string, device?: string): Promise<Alert> {
    return until(
      `${alertname} of ${device} is ${status}`,
      () => {
        const found = stack.notifications.find(
          ({ status: is, labels }) =>
            is === status && labels["alertname"] === alertname && labels["device"] === device,
        );
        if (found !== undefined) return found;
        throw new Error(JSON.stringify(stack.notifications.map(({ labels }) => labels)));
      },
      60,
    );
  }

  const labels = (alertname: string, device: string) => ({
    alertname,
    device,
    site: "boston",
    ring: "stable",
    fleet: "harbor",
    severity: "warning",
  });

  test.each([
    ["FleetTemperatureHigh", "hot-1", /^hot-1 \(boston\) is at 91 °C\.$/],
    ["FleetDiskAlmostFull", "full-1", /^A disk of full-1 \(boston\) is 93\.7\d% full\.$/],
    ["FleetOsOutdated", "old-1", /^old-1 \(boston\) runs a Fedora CoreOS that is 7\dd .* old: /],
    ["FleetUpdateFailed", "stuck-1", /^stuck-1 .* cannot update itself: zincati\.service failed/],
  ])("%s fires for %s, and the webhook learns it", async (alertname, device, summary) => {
    const alert = await notified("firing", alertname, device);
    expect(alert.labels).toMatchObject(labels(alertname, device));
    expect(alert.annotations["summary"]).toMatch(summary);
    expect(alert.annotations["runbook"]).toMatch(/\.$/);
  });

  test("a device that dies is away, and nothing else is sent of it", async () => {
    await notified("firing", "FleetTemperatureHigh", "dead-1");
    const before = stack.notifications.length;
    dead.add("dead-1");
    // Three minutes without a handshake.
    handshakes.set("dead-1", seconds(181));
    const alert = await notified("firing", "FleetDeviceAway", "dead-1");
    expect(alert.labels).toMatchObject(labels("FleetDeviceAway", "dead-1"));
    expect(alert.annotations["summary"]).toBe("dead-1 (boston) has been away for 15 minutes.");
    interface Shown {
      readonly labels: Readonly<Record<string, string>>;
      readonly status: { readonly state: string };
    }
    // Prometheus goes on with what it knew last; Alertmanager sends it to nobody.
    await until(
      "the alert about its temperature is suppressed",
      async () => {
        const shown = (await (
          await fetch(`${stack.alertmanagerUrl}/api/v2/alerts`)
        ).json()) as Shown[];
        const own = shown.filter((each) => each.labels["device"] === "dead-1");
        const hot = own.find((each) => each.labels["alertname"] === "FleetTemperatureHigh");
        return hot?.status.state === "suppressed";
      },
      30,
    );
    const sent = stack.notifications
      .slice(before)
      .filter(({ labels: own }) => own["device"] === "dead-1");
    expect(sent.map(({ labels: own }) => own["alertname"])).toContain("FleetDeviceAway");
  });

  test("it is back, and the webhook learns that too", async () => {
    dead.delete("dead-1");
    await notified("resolved", "FleetDeviceAway", "dead-1");
  });

  test("a device that is well, and one for each thing that is wrong, are all that is sent", () => {
    const sent = stack.notifications.map(
      ({ labels: { alertname, device } }) => `${alertname} ${device}`,
    );
    expect([...new Set(sent)].toSorted()).toEqual([
      "FleetDeviceAway dead-1",
      "FleetDiskAlmostFull full-1",
      "FleetOsOutdated old-1",
      "FleetTemperatureHigh dead-1",
      "FleetTemperatureHigh hot-1",
      "FleetUpdateFailed stuck-1",
    ]);
  });

  test("a gateway that does not answer wakes somebody", async () => {
    isGatewayUp = false;
    const alert = await notified("firing", "FleetGatewayDown");
    expect(alert.labels).toMatchObject({ severity: "critical", namespace: "flotilla-gateway" });
    expect(alert.annotations["summary"]).toBe(
      "The gateway gateway-0 does not work: its devices are cut off from the hub.",
    );
  });
});
