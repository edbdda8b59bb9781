/** What runs where: Kubernetes, operating system, kernel. */
import { selected, type Dashboard } from "./dashboard.ts";
import { metricNames } from "../../../fleet/model/contract.ts";

const device = `ring!="", ${selected}`;

export const versions: Dashboard = {
  name: "fleet-versions",
  title: "Fleet: versions",
  panels: [
    {
      title: "Kubernetes",
      description: "As Argo CD sees the API servers; all sites and rings.",
      kind: "bargauge",
      queries: [
        {
          expression: `count by (k8s_version) (max by (name, k8s_version) (${metricNames.clusterInfo}{name!="in-cluster"}))`,
          legend: "{{k8s_version}}",
        },
      ],
    },
    {
      title: "Operating system",
      kind: "bargauge",
      queries: [
        {
          expression: `count by (pretty_name) (node_os_info{${device}})`,
          legend: "{{pretty_name}}",
        },
      ],
    },
    {
      title: "Kernel",
      kind: "bargauge",
      queries: [
        { expression: `count by (release) (node_uname_info{${device}})`, legend: "{{release}}" },
      ],
    },
    {
      title: "Running since",
      kind: "table",
      queries: [
        {
          expression: `max by (device, site, ring) (node_boot_time_seconds{${device}}) * 1000`,
        },
      ],
      unit: "dateTimeFromNow",
    },
    {
      title: "Operating system, by device",
      kind: "table",
      queries: [
        {
          expression: `max by (device, site, ring, pretty_name) (node_os_info{${device}})`,
        },
      ],
      columns: 24,
      rows: 12,
    },
  ],
};
