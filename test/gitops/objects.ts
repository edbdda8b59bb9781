/** The objects of a construct or a chart alone, for tests of one part at a time. */
import type { App, Chart } from "cdk8s";
import { chartManifests, manifests } from "../../gitops/kubernetes/manifests.ts";

/** An object of any kind. */
export type AnyObject = any;

/** By kind and name: `Deployment gateway`, in the order of the YAML file. */
export type Objects = Readonly<Record<string, AnyObject>>;

export function objectsOf(build: (chart: Chart) => void): Objects {
  return byName(manifests("test", build));
}

export function objectsOfChart(create: (app: App) => Chart): Objects {
  return byName(chartManifests(create));
}

function byName(objects: readonly AnyObject[]): Objects {
  const result: Record<string, AnyObject> = {};
  for (const object of objects) {
    const { name, namespace } = object.metadata;
    const short = `${object.kind} ${name}`;
    // Another namespace has an object of the same name.
    const key = short in result ? `${object.kind} ${namespace}/${name}` : short;
    if (key in result) throw new Error(`${key} appears twice`);
    result[key] = object;
  }
  return result;
}

/** The spec of a Deployment's or DaemonSet's pods. */
export function podOf(object: AnyObject): AnyObject {
  return object.spec.template.spec;
}
