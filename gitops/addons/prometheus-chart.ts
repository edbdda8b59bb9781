/** The chart of the add-ons prometheus and node-exporter. */
import type { AddonChart } from "../../fleet/model/addons.ts";

export const prometheusChart: AddonChart = {
  name: "kube-prometheus-stack",
  repository: "https://prometheus-community.github.io/helm-charts",
  version: "88.5.3",
};
