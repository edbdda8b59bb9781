/**
 * Grafana dashboards as code: what they show, without Grafana's format. Panels flow from left to right
 * in rows of 24 columns.
 *
 * The format: grafana.com/docs, "Dashboard JSON model" (schema version 39, which Grafana 12 and 13
 * read and migrate).
 */
import { Construct } from "constructs";
import { KubeConfigMap } from "../../imports/k8s.ts";

export interface Query {
  /** PromQL; `$site` and `$ring` are the user's selection. */
  readonly expression: string;
  /** `{{device}}`; empty: the labels. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  /** Shown on hover. @default none */
  readonly description?: string;
  readonly kind: "stat" | "timeseries" | "table" | "bargauge";
  readonly queries: readonly Query[];
  /** Grafana's name of the unit. @default none */
  readonly unit?: "celsius" | "percentunit" | "s" | "m" | "dateTimeFromNow";
  /** Values from which it turns yellow and red. @default always green */
  readonly thresholds?: { readonly warning: number; readonly critical: number };
  /** The width, of 24 columns. @default 12 */
  readonly columns?: number;
  /** @default 8 */
  readonly rows?: number;
}

export interface Dashboard {
  /** The name in its URL and its ConfigMap. Bookmarks depend on it. */
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Texts, one below the other. */
export interface TextPage {
  /** See Dashboard. */
  readonly name: string;
  readonly title: string;
  /** Markdown, by the title of its panel. Panels are numbered from 1. */
  readonly texts: Readonly<Record<string, string>>;
}

/** Label matchers of the selected sites and rings. */
export const selected = `site=~"$site", ring=~"$ring"`;

/** The data source that the chart of Prometheus creates. */
const datasource = { type: "prometheus", uid: "prometheus" };

export class DashboardConfigMap extends Construct {
  constructor(
    scope: Construct,
    id: string,
    {
      dashboard,
      namespace,
    }: { readonly dashboard: Dashboard | TextPage; readonly namespace: string },
  ) {
    super(scope, id);
    const { name } = dashboard;
    const model = "texts" in dashboard ? grafanaTexts(dashboard) : grafanaDashboard(dashboard);
    new KubeConfigMap(this, "config-map", {
      metadata: {
        name: `dashboard-${name}`,
        namespace,
        // Grafana's sidecar finds it by this.
        labels: { grafana_dashboard: "1" },
      },
      data: { [`${name}.json`]: `${JSON.stringify(model, undefined, 2)}\n` },
    });
  }
}

/** What every dashboard has. */
function frame({ name, title }: Dashboard | TextPage): Record<string, unknown> {
  return {
    uid: name,
    title,
    tags: ["fleet"],
    schemaVersion: 39,
    timezone: "browser",
    editable: false,
  };
}

/** The texts in Grafana's format. */
export function grafanaTexts(page: TextPage): Record<string, unknown> {
  const panels = Object.entries(page.texts).map(([title, text], index) => ({
    id: index + 1,
    type: "text",
    title,
    gridPos: { x: 0, y: index * textRows, w: 24, h: textRows },
    options: { mode: "markdown", content: text },
  }));
  return { ...frame(page), panels };
}

const textRows = 9;

/** The dashboard in Grafana's format. */
export function grafanaDashboard(dashboard: Dashboard): Record<string, unknown> {
  return {
    ...frame(dashboard),
    refresh: "1m",
    time: { from: "now-24h", to: "now" },
    templating: { list: ["site", "ring"].map(variable) },
    panels: placed(dashboard.panels),
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
    // A new site appears when the time range changes.
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
  // Only a graph needs earlier values.
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

/** The first step has no value, which is null in JSON. */
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

/** Hides what every result has beside its labels. */
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
