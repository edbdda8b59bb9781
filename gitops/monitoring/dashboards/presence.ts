/** Who is here, and since when others are not. */
import { records } from "../metrics.ts";
import { selected, type Dashboard } from "./dashboard.ts";
import { metricNames } from "../../../fleet/model/contract.ts";

const present = `${records.present}{${selected}}`;

export const presence: Dashboard = {
  name: "fleet-presence",
  title: "Fleet: presence",
  panels: [
    {
      title: "Present",
      kind: "stat",
      queries: [{ expression: `count(${present} == 1) or vector(0)` }],
      columns: 4,
      rows: 4,
    },
    {
      title: "Away",
      kind: "stat",
      queries: [{ expression: `count(${present} == 0) or vector(0)` }],
      thresholds: { warning: 1, critical: 10 },
      columns: 4,
      rows: 4,
    },
    {
      title: "Never seen",
      description: "The gateway knows them; they have never connected.",
      kind: "stat",
      queries: [
        {
          expression: `count((max by (device) (${metricNames.handshake}) == 0) unless on (device) ${records.lastHandshake}) or vector(0)`,
        },
      ],
      columns: 4,
      rows: 4,
    },
    {
      title: "Share that is present, by site",
      kind: "bargauge",
      queries: [{ expression: `avg by (site) (${present})`, legend: "{{site}}" }],
      unit: "percentunit",
      thresholds: { warning: 1, critical: 0.5 },
      rows: 8,
    },
    {
      title: "Present, over time",
      kind: "timeseries",
      queries: [{ expression: `sum by (ring) (${present})`, legend: "{{ring}}" }],
    },
    {
      title: "Away: last handshake",
      kind: "table",
      queries: [
        {
          expression: `${records.lastHandshake} * 1000 * on (device) group_left (site, ring) (${present} == bool 0) > 0`,
        },
      ],
      unit: "dateTimeFromNow",
    },
    {
      title: "Away, over the last day",
      description: "Share of the day in which it was away; the twenty that were away longest.",
      kind: "bargauge",
      queries: [
        {
          expression: `topk(20, 1 - avg_over_time(${present}[1d]))`,
          legend: "{{device}} ({{site}})",
        },
      ],
      unit: "percentunit",
      thresholds: { warning: 0.05, critical: 0.5 },
    },
  ],
};
