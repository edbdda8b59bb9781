import { describe, expect, test } from "vitest";
import { grafanaDashboard, type Panel } from "../../../gitops/monitoring/dashboards/dashboard.ts";
import { dashboards } from "../../../gitops/monitoring/dashboards/index.ts";
import { knownMetrics, records } from "../../../gitops/monitoring/metrics.ts";
import { evaluate, mistakesOf, promqlMissing, promqlReason } from "./promql.ts";
import { metricsOf } from "./queries.ts";

const known = [...knownMetrics, ...Object.values(records)];
const panels = dashboards.flatMap((dashboard) =>
  dashboard.panels.map((panel) => ({ dashboard: dashboard.name, ...panel })),
);

test("these are there, each under an address of its own", () => {
  expect(dashboards.map(({ name }) => name)).toEqual([
    "fleet-presence",
    "fleet-versions",
    "fleet-synchronization",
    "fleet-temperature",
    "fleet-disk",
  ]);
});

test.each(panels)("$dashboard, $title: asks for metrics that somebody sends", ({ queries }) => {
  const names = queries.flatMap(({ expression }) => metricsOf(expression));
  expect(names).not.toEqual([]);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});

test.skipIf(promqlMissing)(`Prometheus understands every query${promqlReason}`, () => {
  const expressions = panels.flatMap(({ queries }) => queries.map(({ expression }) => expression));
  expect(mistakesOf("", expressions)).toEqual([]);
  expect(mistakesOf("", ["topk(20 up)"])).toHaveLength(1);
});

interface Placed {
  readonly id: number;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets: readonly { readonly refId: string; readonly instant: boolean }[];
  readonly fieldConfig: {
    readonly defaults: { readonly thresholds: { readonly steps: readonly unknown[] } };
  };
}

const placed = (dashboard: (typeof dashboards)[number]) =>
  grafanaDashboard(dashboard)["panels"] as Placed[];

describe.each(dashboards)("$name", (dashboard) => {
  test("no panel overlaps another one, or outside", () => {
    const cells = placed(dashboard).flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  test("selects the sites and rings of the default data source", () => {
    const text = JSON.stringify(grafanaDashboard(dashboard));
    expect(text).toContain('site=~\\"$site\\"');
    expect(JSON.parse(text)).toMatchObject({
      uid: dashboard.name,
      editable: false,
      templating: {
        list: [
          { name: "site", allValue: ".*" },
          { name: "ring", allValue: ".*" },
        ],
      },
    });
  });
});

test("thresholds go up where more is worse, and down where less is", () => {
  const steps = (warning: number, critical: number) => {
    const panel: Panel = {
      title: "",
      kind: "stat",
      queries: [{ expression: "up" }],
      thresholds: { warning, critical },
    };
    const [only] = placed({ name: "n", title: "t", panels: [panel] });
    return only?.fieldConfig.defaults.thresholds.steps;
  };
  expect(steps(0.8, 0.9)).toEqual([
    { color: "green", value: null },
    { color: "yellow", value: 0.8 },
    { color: "red", value: 0.9 },
  ]);
  expect(steps(1, 0.5)).toEqual([
    { color: "red", value: null },
    { color: "yellow", value: 0.5 },
    { color: "green", value: 1 },
  ]);
});

test("graphs are of the time range, everything else of this moment", () => {
  const kinds = dashboards.flatMap((dashboard) =>
    placed(dashboard).map((panel, index) => [
      dashboard.panels[index]?.kind,
      panel.targets.every(({ instant }) => instant),
    ]),
  );
  expect(kinds.filter(([kind, instant]) => (kind === "timeseries") === instant)).toEqual([]);
});

/** Two devices of which one is away, as Prometheus has them; at minute 1,450 it is 87,000 s. */
function series(): readonly string[] {
  const device = (name: string) => `device="${name}",site="boston",ring="early"`;
  const both = (name: string, metric: string, value: string, more = "") =>
    `${metric}{${device(name)}${more}} ${value}x1500`;
  return [
    ...["here", "away"].flatMap((name, index) => [
      both(name, records.present, `${1 - index}`),
      both(name, records.info, "1"),
      both(name, records.temperature, "70"),
      both(name, records.diskUsed, "0.1+0.001"),
      both(
        name,
        records.application,
        "1",
        ',workload="pos",sync_status="Synced",health_status="Healthy"',
      ),
      both(
        name,
        records.application,
        "1",
        ',workload="log",sync_status="OutOfSync",health_status="Healthy"',
      ),
      both(name, "node_os_info", "1", ',pretty_name="Fedora CoreOS 44"'),
      both(name, "node_uname_info", "1", ',release="6.19"'),
      both(name, "node_boot_time_seconds", "100"),
      `${records.lastHandshake}{device="${name}"} 80000x1500`,
      `wireguard_latest_handshake_seconds{device="${name}",pod="gateway"} 80000x1500`,
      `argocd_cluster_info{server="https://${name}:6443",name="${name}",k8s_version="1.36",pod="a"} 1x1500`,
    ]),
    'wireguard_latest_handshake_seconds{device="never",pod="gateway"} 0x1500',
  ];
}

describe.skipIf(promqlMissing)(`every panel shows something of a fleet${promqlReason}`, () => {
  const load = series();
  const titled = panels.flatMap((panel) =>
    panel.queries.map(({ expression }) => [panel.title, expression] as const),
  );
  test.each(titled)("%s", (_, expression) => {
    const all = expression.replaceAll(/\$(site|ring)/g, ".*");
    const found = evaluate({ series: load, expression: all, minute: 1450 });
    expect(found).not.toEqual([]);
  });

  test("and the right thing", () => {
    const value = (title: string) => {
      const expression = panels.find((panel) => panel.title === title)?.queries[0]?.expression;
      const all = (expression ?? "").replaceAll(/\$(site|ring)/g, ".*");
      return evaluate({ series: load, expression: all, minute: 1450 });
    };
    const labels = { device: "away", site: "boston", ring: "early" };
    expect(value("Present")[0]?.value).toBe("1");
    expect(value("Never seen")[0]?.value).toBe("1");
    expect(value("Away: last handshake")).toEqual([{ labels, value: "8e+07" }]);
    expect(value("As in Git")[0]?.value).toBe("0.5");
    expect(value("Kubernetes")[0]?.value).toBe("2");
    // A day has 288 times five minutes.
    expect(value("Longest not as in Git, over the last day")[0]?.value).toBe("1440");
  });
});
