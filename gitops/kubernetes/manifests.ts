/**
 * From charts to plain Kubernetes objects.
 *
 * Each file of the state repository is a cdk8s `App` of its own, because `App.synth` resolves the
 * dependencies of the whole app once for every chart: 4,000 charts take 156 s in one App and 1.4 s
 * in an App each, with the same bytes (docs/decisions/0012-one-cdk8s-app-a-file.md).
 */
import { ApiObject, App, Chart, DependencyGraph } from "cdk8s";
import type { PlainObject } from "../../fleet/resolve/manifest-templates.ts";

/** A Kubernetes object as the API server takes it. */
export type Manifest = PlainObject;

/**
 * The objects of a chart and of the charts in it, each in the order of their dependencies. What is added
 * later, such as by a construct that waits for something, throws: it would be missing.
 */
export function chartManifests(create: (app: App) => Chart): readonly Manifest[] {
  const chart = create(new App());
  const charts = chart.node.findAll().filter((construct) => Chart.isChart(construct));
  const objects = charts.flatMap((each) => each.toJson() as Manifest[]);
  chart.node.lock();
  return objects;
}

/**
 * The objects of one of several charts of an App, in the order of their dependencies. `Chart.toJson`
 * resolves the dependencies of all charts first, each time: for the nine add-ons that takes ten times
 * as long.
 */
export function objectsOf(chart: Chart): readonly Manifest[] {
  return new DependencyGraph(chart.node)
    .topology()
    .filter((construct) => ApiObject.isApiObject(construct))
    .filter((object) => Chart.of(object) === chart)
    .map((object) => object.toJson() as Manifest);
}

/**
 * The objects that `build` adds to a chart, in the order of their dependencies.
 *
 * @param id the root of generated names and of the pods' address labels. Running fleets have objects
 *   with these names, so it must stay.
 */
export function manifests(id: string, build: (chart: Chart) => void): readonly Manifest[] {
  return chartManifests((app) => {
    const chart = new Chart(app, id, { disableResourceNameHashes: true });
    build(chart);
    return chart;
  });
}
