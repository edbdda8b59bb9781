/**
 * From constructs to plain Kubernetes objects.
 *
 * Each file of the state repository is a cdk8s `App` of its own: a stock `App.synth` of one app with
 * a chart for each file resolves the dependencies of the whole app once for every chart, which grows
 * worse than quadratically (4,000 charts: 156 s; one app for each: 1.4 s, the same bytes).
 */
import { App, Chart } from "cdk8s";
import type { PlainObject } from "../../fleet/resolve/manifest-templates.ts";

/** A Kubernetes object as the API server takes it. */
export type Manifest = PlainObject;

/**
 * The objects that `build` puts into a chart, in the order of their dependencies.
 *
 * Objects must name themselves: `id` is the root of generated names and of the pods' address labels,
 * a contract with running fleets.
 */
export function manifests(id: string, build: (chart: Chart) => void): readonly Manifest[] {
  const chart = new Chart(new App(), id, { disableResourceNameHashes: true });
  build(chart);
  return chart.toJson();
}
