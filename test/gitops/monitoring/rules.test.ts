import { describe, expect, test } from "vitest";
import { knownMetrics, records } from "../../../gitops/monitoring/metrics.ts";
import { grafanaTexts } from "../../../gitops/monitoring/dashboards/dashboard.ts";
import { runbookPage } from "../../../gitops/monitoring/dashboards/runbooks.ts";
import { runbooks } from "../../../gitops/monitoring/runbooks.ts";
import { alertsOf, recordings, ruleGroupsOf } from "../../../gitops/monitoring/rules.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { publicKeysOf, stateObjects, wholeFleet } from "../whole-state.ts";
import { evaluate, mistakesOf, promqlMissing, promqlReason } from "./promql.ts";
import { metricsOf } from "./queries.ts";

interface Rule {
  readonly alert: string;
  readonly annotations: { readonly runbook_url: string };
}

const alerts = alertsOf(56);
const ruleGroups = ruleGroupsOf({ outdatedAfterDays: 56, grafana: "grafana.example.com" });
const known = [...knownMetrics, ...Object.values(records)];
const expressionOf = (name: string) => {
  const rule = [...alerts.map((one) => ({ name: one.alert, ...one })), ...recordings].find(
    (one) => ("alert" in one ? one.alert : one.record) === name,
  );
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  return rule.expr;
};

describe("alerts", () => {
  test("are these", () => {
    expect(alerts.map(({ alert, severity, for: time }) => `${alert} ${severity} ${time}`)).toEqual([
      "FleetDeviceAway warning 12m",
      "FleetSiteAway critical 5m",
      "FleetGatewayDown critical 5m",
      "HubReconnectDown warning 5m",
      "HubControllerDown critical 10m",
      "FleetTelemetryMissing warning 30m",
      "FleetApplicationDegraded warning 1h",
      "FleetApplicationOutOfSync warning 1h",
      "HubApplicationDegraded critical 1h",
      "HubApplicationOutOfSync warning 1h",
      "HubCertificateNotRenewed critical 15m",
      "FleetDiskAlmostFull warning 30m",
      "FleetTemperatureHigh warning 10m",
      "FleetClockSkew warning 1h",
      "FleetOsOutdated warning 6h",
      "FleetUpdateFailed warning 1h",
      "FleetCertificateEnds warning 1h",
    ]);
  });

  test.each(alerts)("$alert says what is wrong and what to do", ({ summary, runbook }) => {
    expect(summary).toMatch(/\.$/);
    expect(runbook).toMatch(/\.$/);
    expect(runbook.length).toBeGreaterThan(40);
  });
});

test("each alert has a runbook, and links to it", () => {
  expect(Object.keys(runbooks)).toEqual(alerts.map(({ alert }) => alert));
  const panels = grafanaTexts(runbookPage)["panels"] as { id: number; title: string }[];
  const [, { rules }] = ruleGroups as [unknown, { rules: Rule[] }];
  for (const { alert, annotations } of rules) {
    const { id } = panels.find(({ title }) => title === alert)!;
    expect(annotations.runbook_url).toBe(
      `https://grafana.example.com/d/fleet-runbooks?viewPanel=${id}`,
    );
  }
});

test("a runbook names only alerts and commands that exist", () => {
  const text = Object.values(runbooks).join("\n");
  const named = [...text.matchAll(/\*\*(\w+)\*\*/g)].map(([, name]) => name);
  expect(alerts.map(({ alert }) => alert)).toEqual(expect.arrayContaining(named));
  expect(named.length).toBeGreaterThan(3);
});

test("a runbook names objects that exist", () => {
  const text = Object.values(runbooks).join("\n");
  const objects = stateObjects(synthesizeState(wholeFleet, publicKeysOf(wholeFleet)));
  const names = objects.map(({ metadata }) => metadata.name);
  const [, certificate] = /`argocd\/([\w-]+)`/.exec(text) ?? [];
  const [, daemonSet] = /daemonset\/([\w-]+)/.exec(text) ?? [];
  expect(names).toEqual(expect.arrayContaining([certificate, daemonSet]));
  expect(daemonSet).toBe("telemetry-agent");
  expect(text).toContain("`<device>-telemetry`");
});

test("rules use only metrics that exist", () => {
  const unknown = [...alerts, ...recordings]
    .flatMap(({ expr }) => metricsOf(expr))
    .filter((name) => !known.includes(name));
  expect(unknown).toEqual([]);
  expect(metricsOf('sum by (a) (left{b="c"}[1d:5m]) / on (x) {__name__=~"one|two"}')).toEqual([
    "one",
    "two",
    "left",
  ]);
});

test("every recording is read by something, and named in one place", () => {
  expect(recordings.map(({ record }) => record).toSorted()).toEqual(
    Object.values(records).toSorted(),
  );
});

describe.skipIf(promqlMissing)(`Prometheus itself${promqlReason}`, () => {
  test("accepts every rule", () => {
    expect(mistakesOf(JSON.stringify({ groups: ruleGroups }), [])).toEqual([]);
    const broken = JSON.stringify({ groups: ruleGroups }).replace("max by (device)", "max bye");
    expect(mistakesOf(broken, [])).not.toEqual([]);
  });

  const applications = [
    'argocd_app_labels{name="till-1-pos",label_flotilla_dev_device="till-1",label_flotilla_dev_site="boston",label_flotilla_dev_ring="early",label_flotilla_dev_workload="pos"} 1x60',
    'argocd_app_labels{name="till-1-log",label_flotilla_dev_device="till-1",label_flotilla_dev_site="boston",label_flotilla_dev_ring="early",label_flotilla_dev_workload="log"} 1x60',
    'argocd_app_labels{name="argocd",label_flotilla_dev_device=""} 1x60',
  ];

  test("knows a device's site and ring from its applications", () => {
    const expression = expressionOf(records.info);
    expect(evaluate({ series: applications, expression, minute: 5 })).toEqual([
      { labels: { device: "till-1", site: "boston", ring: "early" }, value: "1" },
    ]);
  });

  test("a device has one site and one ring, whatever its applications say", () => {
    const labels = (name: string, ring: string) =>
      `argocd_app_labels{name="${name}",label_flotilla_dev_device="till-1",label_flotilla_dev_site="boston"${ring}} 1x60`;
    const inRing = (ring: string) => `,label_flotilla_dev_ring="${ring}"`;
    const series = [
      ...applications,
      // The statement about the hub's keys, and a workload that still has the ring of before.
      labels("till-1.hub-statement", ""),
      labels("till-1-cam", inRing("stable")),
    ];
    const found = evaluate({ series, expression: expressionOf(records.info), minute: 5 });
    expect(found).toHaveLength(1);
    expect(found[0]?.labels["ring"]).toMatch(/^(early|stable)$/);
  });

  test("the statement about the hub's keys is an application of its device, not of the hub", () => {
    const name = "till-1.hub-statement";
    const series = [
      `argocd_app_labels{name="${name}",label_flotilla_dev_device="till-1",label_flotilla_dev_site="boston"} 1x60`,
      `argocd_app_info{name="${name}",project="hub-statement",sync_status="OutOfSync",health_status="Missing"} 1x60`,
    ];
    const of = (rule: string) =>
      evaluate({ series, expression: expressionOf(rule), minute: 5 }).map(({ labels }) => labels);
    expect([of("HubApplicationDegraded"), of("HubApplicationOutOfSync")]).toEqual([[], []]);
    expect(of(records.application)).toMatchObject([
      { device: "till-1", workload: "hub-statement" },
    ]);
  });

  test("keeps the site and the ring of a device that Argo CD skips, while a gateway knows it", () => {
    const handshake = (device: string) =>
      `wireguard_latest_handshake_seconds{device="${device}"} 1x60`;
    const info = (device: string, site: string) =>
      `${records.info}{device="${device}",site="${site}",ring="early"} 1x60`;
    const series = [
      ...applications,
      ...["till-1", "skipped"].map(handshake),
      info("till-1", "moved-from"),
      info("skipped", "austin"),
      info("removed", "austin"),
    ];
    const found = evaluate({ series, expression: expressionOf(records.info), minute: 5 });
    expect(found.map(({ labels }) => `${labels["device"]} ${labels["site"]}`).toSorted()).toEqual([
      "skipped austin",
      "till-1 boston",
    ]);
  });

  test("reconnect is down when its Lease is old or missing", () => {
    const expression = expressionOf("HubReconnectDown");
    const lease = (name: string, seconds: string) =>
      `kube_lease_renew_time{lease="${name}"} ${seconds}`;
    const count = (...series: readonly string[]) =>
      evaluate({ series, expression, minute: 15 }).length;
    expect(count(lease("flotilla-reconnect", "0+60x20"))).toBe(0);
    expect(count(lease("flotilla-reconnect", "600x20"))).toBe(1);
    expect(count(lease("another", "0+60x20"))).toBe(1);
  });

  test("a pod of the controller is missing; pods of other programs do not count", () => {
    const expression = expressionOf("HubControllerDown");
    const pods = (wanted: number, ready: number, name = "argocd-application-controller") => [
      `kube_statefulset_replicas{namespace="argocd",statefulset="${name}"} ${wanted}x20`,
      `kube_statefulset_status_replicas_ready{namespace="argocd",statefulset="${name}"} ${ready}x20`,
    ];
    const values = (series: readonly string[]) =>
      evaluate({ series, expression, minute: 15 }).map(({ value }) => value);
    expect(values(pods(3, 3))).toEqual([]);
    expect(values(pods(3, 2))).toEqual(["1"]);
    expect(values(pods(1, 0))).toEqual(["1"]);
    expect(values([...pods(1, 1), ...pods(2, 0, "another")])).toEqual([]);
  });

  test("keeps the last handshake when the gateway forgets it, while the device is on its list", () => {
    const expression = expressionOf(records.lastHandshake);
    const handshake = "wireguard_latest_handshake_seconds";
    const series = [
      `${handshake}{device="here",pod="a"} 600x20`,
      `${handshake}{device="forgotten",pod="a"} 0x20`,
      `${handshake}{device="never",pod="a"} 0x20`,
      `${records.lastHandshake}{device="forgotten"} 300x20`,
      `${records.lastHandshake}{device="removed"} 200x20`,
    ];
    const found = evaluate({ series, expression, minute: 15 });
    expect(found.map(({ labels, value }) => [labels["device"], value]).toSorted()).toEqual([
      ["forgotten", "300"],
      ["here", "600"],
    ]);
  });

  test("knows which devices are present: by handshakes, or by Argo CD without a gateway", () => {
    const expression = expressionOf(records.present);
    const series = [
      // At minute 20 it is 1,200 s: 100 s and 300 s ago.
      `${records.lastHandshake}{device="here"} 1100x30`,
      `${records.lastHandshake}{device="away"} 900x30`,
      'wireguard_latest_handshake_seconds{device="here"} 1100x30',
      'wireguard_latest_handshake_seconds{device="away"} 900x30',
      'argocd_cluster_info{server="https://a:6443",name="away",k8s_version="1.36"} 1x30',
      'argocd_cluster_connection_status{server="https://a:6443",k8s_version="1.36"} 1x30',
      'argocd_cluster_info{server="https://b:6443",name="direct",k8s_version="1.36"} 1x30',
      'argocd_cluster_connection_status{server="https://b:6443",k8s_version=""} 0x30',
      'argocd_cluster_info{server="https://kubernetes.default.svc",name="in-cluster"} 1x30',
      'argocd_cluster_connection_status{server="https://kubernetes.default.svc"} 1x30',
      `${records.info}{device="here",site="boston",ring="early"} 1x30`,
    ];
    const found = evaluate({ series, expression, minute: 20 });
    expect(found.map(({ labels, value }) => [labels, value])).toEqual(
      expect.arrayContaining([
        [{ device: "here", site: "boston", ring: "early" }, "1"],
        [{ device: "away" }, "0"],
        [{ device: "direct" }, "0"],
      ]),
    );
    expect(found).toHaveLength(3);
  });

  const present = (device: string, site: string, value: number) =>
    `${records.present}{device="${device}",site="${site}",ring="early"} ${value}x60`;

  test("a site is away when half of it is, and more than one device", () => {
    const expression = expressionOf("FleetSiteAway");
    const series = [
      present("a-1", "austin", 0),
      present("a-2", "austin", 0),
      present("a-3", "austin", 1),
      present("b-1", "boston", 0),
      present("b-2", "boston", 1),
      present("c-1", "calais", 0),
      present("c-2", "calais", 0),
      ...["c-3", "c-4", "c-5"].map((name) => present(name, "calais", 1)),
    ];
    expect(evaluate({ series, expression, minute: 5 })).toEqual([
      { labels: { site: "austin" }, value: "2" },
    ]);
  });

  test("the gateway is down when it does not answer, is missing, or has stopped working", () => {
    const expression = expressionOf("FleetGatewayDown");
    const up = (value: number) => `up{namespace="flotilla-gateway",pod="gateway-1"} ${value}x20`;
    const written = (seconds: string) =>
      `node_textfile_mtime_seconds{namespace="flotilla-gateway",pod="gateway-1"} ${seconds}`;
    const count = (series: readonly string[]) =>
      evaluate({ series, expression, minute: 10 }).length;
    expect(count([up(1), written("0+60x20")])).toBe(0);
    expect(count([up(0), written("0+60x20")])).toBe(1);
    expect(count([up(1), written("60x20")])).toBe(1);
    expect(count(['up{namespace="argocd"} 1x20'])).toBe(1);
  });

  test("one of several gateways is down when no node has room for its pod", () => {
    const expression = expressionOf("FleetGatewayDown");
    const deployment = (name: string) =>
      `kube_deployment_spec_replicas{namespace="flotilla-gateway",deployment="${name}",pod="kube-state-metrics-1"} 1x20`;
    const up = (pod: string) => `up{namespace="flotilla-gateway",pod="${pod}"} 1x20`;
    const series = [...["gateway", "gateway-2"].map(deployment), up("gateway-5d4f9c7b8-x2x7k")];
    const pods = (all: readonly string[]) =>
      evaluate({ series: all, expression, minute: 10 }).map(({ labels }) => labels["pod"]);
    expect(pods(series)).toEqual(["gateway-2"]);
    expect(pods([...series, up("gateway-2-6c5b8d9f4-m4q9z")])).toEqual([]);
  });

  test("a device cannot say that a gateway is down", () => {
    const expression = expressionOf("FleetGatewayDown");
    const series = [
      'up{namespace="flotilla-gateway",pod="gateway-1"} 1x20',
      'node_textfile_mtime_seconds{namespace="flotilla-gateway",pod="gateway-1"} 0+60x20',
      'node_textfile_mtime_seconds{namespace="flotilla-gateway",device="till-1",site="x",ring="early"} 0x20',
    ];
    expect(evaluate({ series, expression, minute: 10 })).toEqual([]);
  });

  test("telemetry is missing only for a device that is here, and only if others send some", () => {
    const expression = expressionOf("FleetTelemetryMissing");
    const handshake = (device: string) => `${records.lastHandshake}{device="${device}"} 1x20`;
    const runs = (device: string, workload: string) =>
      `${records.application}{device="${device}",site="x",ring="early",workload="${workload}"} 1x20`;
    const devices = [
      present("sends", "x", 1),
      present("mute", "x", 1),
      present("away", "x", 0),
      present("direct", "x", 1),
      present("unselected", "x", 1),
      ...["sends", "mute", "away", "unselected"].map(handshake),
      ...["sends", "mute", "direct"].map((device) => runs(device, "telemetry")),
      ...["mute", "unselected"].map((device) => runs(device, "pos")),
    ];
    expect(evaluate({ series: devices, expression, minute: 5 })).toEqual([]);
    const sends = 'node_time_seconds{device="sends",site="x",ring="early",instance="y"} 1x20';
    const hub = 'node_time_seconds{instance="hub-node"} 1x20';
    const found = evaluate({ series: [...devices, sends, hub], expression, minute: 5 });
    expect(found.map(({ labels }) => labels["device"])).toEqual(["mute"]);
  });

  test("an application of a device that is away raises no alert", () => {
    const series = [
      ...applications,
      'argocd_app_info{name="till-1-pos",project="fleet",sync_status="OutOfSync",health_status="Degraded"} 1x60',
      'argocd_app_info{name="till-1-log",project="fleet",sync_status="Synced",health_status="Healthy"} 1x60',
      'argocd_app_info{name="argocd",project="hub",sync_status="Synced",health_status="Healthy"} 1x60',
    ];
    const recorded = evaluate({
      series,
      expression: expressionOf(records.application),
      minute: 5,
    });
    const labels = { device: "till-1", site: "boston", ring: "early" };
    expect(recorded.map((sample) => sample.labels)).toEqual(
      expect.arrayContaining([
        { ...labels, workload: "pos", sync_status: "OutOfSync", health_status: "Degraded" },
        { ...labels, workload: "log", sync_status: "Synced", health_status: "Healthy" },
      ]),
    );
    expect(recorded).toHaveLength(2);
    const application = `${records.application}{device="till-1",workload="pos",sync_status="OutOfSync",health_status="Degraded"} 1x20`;
    for (const name of ["FleetApplicationDegraded", "FleetApplicationOutOfSync"]) {
      const expression = expressionOf(name);
      const found = (value: number) =>
        evaluate({
          series: [application, present("till-1", "boston", value)],
          expression,
          minute: 5,
        });
      expect(found(1)).toHaveLength(1);
      expect(found(0)).toEqual([]);
    }
  });

  test("a certificate is late when it should have been renewed an hour ago", () => {
    const expression = expressionOf("HubCertificateNotRenewed");
    const due = (seconds: number) =>
      evaluate({
        series: [`certmanager_certificate_renewal_timestamp_seconds{name="hub"} ${seconds}x200`],
        expression,
        minute: 100,
      }).length;
    expect(due(3000)).toBe(0);
    expect(due(2000)).toBe(1);
  });

  test("the fullest file system and the hottest sensor count", () => {
    const device = 'device="till-1",site="boston",ring="early"';
    const disk = (mountpoint: string, free: number) => [
      `node_filesystem_avail_bytes{${device},mountpoint="${mountpoint}"} ${free}x20`,
      `node_filesystem_size_bytes{${device},mountpoint="${mountpoint}"} 100x20`,
    ];
    const series = [...disk("/", 50), ...disk("/var", 5), ...disk("/boot", 1)];
    const used = evaluate({ series, expression: expressionOf(records.diskUsed), minute: 5 });
    expect(used).toEqual([
      { labels: { device: "till-1", site: "boston", ring: "early" }, value: "0.95" },
    ]);
    const warm = [
      `node_hwmon_temp_celsius{${device},chip="a"} 60x20`,
      `node_thermal_zone_temp{${device},zone="0"} 91x20`,
      'node_hwmon_temp_celsius{instance="hub-node"} 99x20',
    ];
    const hottest = { series: warm, expression: expressionOf(records.temperature), minute: 5 };
    expect(evaluate(hottest).map(({ value }) => value)).toEqual(["91"]);
  });

  test("a clock that no time server sets, and one that is wrong", () => {
    const expression = expressionOf("FleetClockSkew");
    const device = 'device="till-1",ring="early"';
    const count = (sync: number, offset: number) =>
      evaluate({
        series: [
          `node_timex_sync_status{${device}} ${sync}x20`,
          `node_timex_offset_seconds{${device}} ${offset}x20`,
        ],
        expression,
        minute: 5,
      }).length;
    expect([count(1, 0.01), count(0, 0.01), count(1, -2)]).toEqual([0, 1, 1]);
  });

  test("a system that no longer updates itself, and one that cannot", () => {
    const outdated = expressionOf("FleetOsOutdated");
    const days = (age: number) => {
      // At minute 20.
      const released = 1200 - age * 86_400;
      const series = [
        `fleet_coreos_release_timestamp_seconds{device="till-1",ring="early"} ${released}x30`,
      ];
      return evaluate({ series, expression: outdated, minute: 20 }).length;
    };
    expect([days(0), days(55), days(57), days(400)]).toEqual([0, 0, 1, 1]);

    const failed = expressionOf("FleetUpdateFailed");
    const of = (name: string, label: string, value: number) =>
      evaluate({
        series: [`${name}{device="till-1",ring="early",${label}} ${value}x30`],
        expression: failed,
        minute: 5,
      }).map(({ labels }) => labels["unit"] ?? labels["package"]);
    expect(of("node_flotilla_unit_failed", 'unit="zincati.service"', 0)).toEqual([]);
    expect(of("node_flotilla_unit_failed", 'unit="zincati.service"', 1)).toEqual([
      "zincati.service",
    ]);
    expect(of("node_flotilla_layer_missing", 'package="k3s-selinux"', 1)).toEqual(["k3s-selinux"]);
  });

  test("a certificate of K3s that ends soon, has ended, or cannot be read", () => {
    const expression = expressionOf("FleetCertificateEnds");
    const now = 2_000_000_000;
    const found = (end: number, labels = 'device="till-1",site="boston",ring="early"') =>
      evaluate({
        series: [`node_flotilla_certificate_end_timestamp_seconds{${labels}} ${end}x5`],
        // Prometheus counts its minutes from 1970.
        expression: expression.replace("time()", `${now}`),
        minute: 5,
      }).map((sample) => sample.labels);
    const till = [{ device: "till-1", site: "boston", ring: "early" }];
    expect(found(now + 365 * 86_400)).toEqual([]);
    expect(found(now + 31 * 86_400)).toEqual([]);
    expect(found(now + 29 * 86_400)).toEqual(till);
    expect(found(now - 86_400)).toEqual(till);
    expect(found(0)).toEqual(till);
    expect(found(0, 'device="hub-node"')).toEqual([]);
  });
});
