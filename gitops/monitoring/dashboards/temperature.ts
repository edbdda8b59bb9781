/** How warm the devices are. */
import { records } from "../metrics.ts";
import { selected, type Dashboard } from "./dashboard.ts";

const temperature = `${records.temperature}{${selected}}`;
const thresholds = { warning: 75, critical: 85 };

export const temperatures: Dashboard = {
  name: "fleet-temperature",
  title: "Fleet: temperature",
  panels: [
    {
      title: "Warmest sites",
      kind: "bargauge",
      queries: [{ expression: `topk(20, max by (site) (${temperature}))`, legend: "{{site}}" }],
      unit: "celsius",
      thresholds,
    },
    {
      title: "Warmest devices",
      kind: "bargauge",
      queries: [{ expression: `topk(20, ${temperature})`, legend: "{{device}} ({{site}})" }],
      unit: "celsius",
      thresholds,
    },
    {
      title: "Over time",
      kind: "timeseries",
      queries: [
        { expression: `max by (site) (${temperature})`, legend: "{{site}}, warmest" },
        { expression: `avg by (site) (${temperature})`, legend: "{{site}}, on average" },
      ],
      unit: "celsius",
      thresholds,
      columns: 24,
      rows: 12,
    },
  ],
};
