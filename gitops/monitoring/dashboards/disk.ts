/** How full the devices' disks are, and when they will be. */
import { records } from "../metrics.ts";
import { selected, type Dashboard } from "./dashboard.ts";

const used = `${records.diskUsed}{${selected}}`;
const thresholds = { warning: 0.8, critical: 0.9 };

export const disks: Dashboard = {
  name: "fleet-disk",
  title: "Fleet: disk",
  panels: [
    {
      title: "Fullest devices",
      kind: "bargauge",
      queries: [{ expression: `topk(20, ${used})`, legend: "{{device}} ({{site}})" }],
      unit: "percentunit",
      thresholds,
    },
    {
      title: "Full within a week",
      description: "At the rate of the last day: the share in use seven days from now.",
      kind: "table",
      queries: [{ expression: `predict_linear(${used}[1d], 7 * 86400) > 1` }],
      unit: "percentunit",
      thresholds,
    },
    {
      title: "Over time",
      kind: "timeseries",
      queries: [
        { expression: `max by (site) (${used})`, legend: "{{site}}, fullest" },
        { expression: `avg by (site) (${used})`, legend: "{{site}}, on average" },
      ],
      unit: "percentunit",
      thresholds,
      columns: 24,
      rows: 12,
    },
  ],
};
