/**
 * Grafana dashboards as code: what is shown, not how Grafana writes it down. Panels flow from left
 * to right in rows of 24 columns.
 *
 * The model: grafana.com/docs, "Dashboard JSON model" (schema version 39, which Grafana 12 and 13
 * read and move on from).
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";

export interface Query {
  /** PromQL; `$site` and `$ring` stand for what was chosen above. */
  readonly expression: string;
  /** `{{device}}`; empty: the labels. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  /** What it shows, for those who hover over it. */
  readonly description?: string;
  readonly kind: "stat" | "timeseries" | "table" | "bargauge";
  readonly queries: readonly Query[];
  /** Grafana's name of the unit. @default none */
  readonly unit?: "celsius" | "percentunit" | "s" | "m" | "dateTimeFromNow";
  /** Values from which it turns yellow and red. @default always green */
  readonly thresholds?: { readonly warning: number; readonly critical: number };
  /** Of 24. @default 12 */
  readonly columns?: number;
  /** @default 8 */
  readonly rows?: number;
}

export interface Dashboard {
  /** Of its address and its ConfigMap: a contract with bookmarks. */
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Devices of the chosen sites and rings. */
export const chosen = `site=~"$site", ring=~"$ring"`;

/** The data source that the chart of Prometheus makes. */
const datasource = { type: "prometheus", uid: "prometheus" };

export class DashboardConfigMap extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { dashboard, namespace }: { readonly dashboard: Dashboard; readonly namespace: string },
  ) {
    super(scope, id);
    const { name } = dashboard;
    new ApiObject(this, "config-map", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: `dashboard-${name}`,
        namespace,
        // By this the container beside Grafana finds it.
        labels: { grafana_dashboard: "1" },
      },
      data: { [`${name}.json`]: `${JSON.stringify(model(dashboard), undefined, 2)}\n` },
    });
  }
}

/** Grafana's model. */
export function model({ name, title, panels }: Dashboard): Record<string, unknown> {
  return {
    uid: name,
    title,
    tags: ["fleet"],
    schemaVersion: 39,
    timezone: "browser",
    editable: false,
    refresh: "1m",
    time: { from: "now-24h", to: "now" },
    templating: { list: ["site", "ring"].map(variable) },
    panels: placed(panels),
  };
}

function variable(label: string): unknown {
  const query = `label_values(fleet:device_present, ${label})`;
  return {
    name: label,
    type: "query",
    datasource,
    query: { query, refId: label },
    definition: query,
    // A site that came meanwhile is there when the time range changes.
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { text: "All", value: "$__all" },
  };
}

function placed(panels: readonly Panel[]): unknown[] {
  let x = 0;
  let y = 0;
  let height = 0;
  return panels.map((panel, index) => {
    const { columns = 12, rows = 8 } = panel;
    if (x + columns > 24) {
      x = 0;
      y += height;
      height = 0;
    }
    const gridPos = { x, y, w: columns, h: rows };
    x += columns;
    height = Math.max(height, rows);
    return { id: index + 1, gridPos, ...content(panel) };
  });
}

function content(panel: Panel): Record<string, unknown> {
  const { title, description, kind, queries, unit, thresholds } = panel;
  // Tables and figures are of this moment; only a graph needs what was before.
  const instant = kind !== "timeseries";
  return {
    type: kind,
    title,
    ...(description !== undefined && { description }),
    datasource,
    targets: queries.map(({ expression, legend = "" }, index) => ({
      refId: String.fromCodePoint("A".codePointAt(0)! + index),
      datasource,
      expr: expression,
      legendFormat: legend,
      instant,
      range: !instant,
      ...(kind === "table" && { format: "table" }),
    })),
    fieldConfig: {
      defaults: {
        ...(unit !== undefined && { unit }),
        thresholds: { mode: "absolute", steps: steps(thresholds) },
      },
      overrides: [],
    },
    options: options(kind),
    ...(kind === "table" && { transformations: tableTransformations }),
  };
}

/** Grafana sets the base apart by having no value; JSON has null for it. */
function steps(thresholds: Panel["thresholds"]): unknown[] {
  if (thresholds === undefined) return [{ color: "green", value: null }];
  const { warning, critical } = thresholds;
  // Where less is worse, the steps go down.
  return warning <= critical
    ? [
        { color: "green", value: null },
        { color: "yellow", value: warning },
        { color: "red", value: critical },
      ]
    : [
        { color: "red", value: null },
        { color: "yellow", value: critical },
        { color: "green", value: warning },
      ];
}

/** What every answer has beside its labels. */
const tableTransformations = [
  { id: "organize", options: { excludeByName: { Time: true, __name__: true } } },
];

function options(kind: Panel["kind"]): Record<string, unknown> {
  const reduceOptions = { calcs: ["lastNotNull"], fields: "", values: false };
  switch (kind) {
    case "stat":
      return { reduceOptions, colorMode: "value", graphMode: "none", textMode: "auto" };
    case "bargauge":
      return { reduceOptions, orientation: "horizontal", displayMode: "basic" };
    case "timeseries":
      return { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } };
    case "table":
      return { showHeader: true, cellHeight: "sm" };
  }
}
