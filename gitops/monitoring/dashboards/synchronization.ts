/** Whether devices are as Git says, and for how long they were not. */
import { records } from "../metrics.ts";
import { selected, type Dashboard } from "./dashboard.ts";

const application = (more = "") => `${records.application}{${more}${selected}}`;

export const synchronization: Dashboard = {
  name: "fleet-synchronization",
  title: "Fleet: drift and sync age",
  panels: [
    {
      title: "As in Git",
      kind: "stat",
      queries: [
        {
          expression: `count(${application(`sync_status="Synced", `)}) / count(${application()})`,
        },
      ],
      unit: "percentunit",
      thresholds: { warning: 1, critical: 0.9 },
      columns: 6,
      rows: 4,
    },
    {
      title: "Healthy",
      kind: "stat",
      queries: [
        {
          expression: `count(${application(`health_status="Healthy", `)}) / count(${application()})`,
        },
      ],
      unit: "percentunit",
      thresholds: { warning: 1, critical: 0.9 },
      columns: 6,
      rows: 4,
    },
    {
      title: "By workload and ring",
      kind: "table",
      queries: [
        {
          expression: `count by (workload, ring, sync_status, health_status) (${application()})`,
        },
      ],
    },
    {
      title: "Not as in Git, over time",
      kind: "timeseries",
      queries: [
        {
          expression: `count by (workload, ring) (${application(`sync_status!="Synced", `)})`,
          legend: "{{workload}} {{ring}}",
        },
      ],
    },
    {
      title: "Longest not as in Git, over the last day",
      description: "In minutes, counted every five; a device that is away counts too.",
      kind: "bargauge",
      queries: [
        {
          expression: `topk(20, 5 * sum by (device, workload) (count_over_time(${application(`sync_status!="Synced", `)}[1d:5m])))`,
          legend: "{{device}} {{workload}}",
        },
      ],
      unit: "m",
      thresholds: { warning: 30, critical: 120 },
    },
  ],
};
