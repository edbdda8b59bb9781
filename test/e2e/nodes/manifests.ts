/** Reads Kubernetes objects from YAML, and changes them. */
import { loadAll } from "js-yaml";

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly object[];
  readonly volumeMounts?: readonly object[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly object[];
}

interface Workload extends KubernetesObject {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

export function objectsOf(yaml: string): KubernetesObject[] {
  const found = loadAll(yaml) as readonly (KubernetesObject | null | undefined)[];
  return found.filter((one) => one !== null && one !== undefined);
}

/** The objects as one text for `kubectl apply`. */
export function manifestText(objects: readonly object[]): string {
  return objects.map((one) => JSON.stringify(one)).join("\n---\n");
}

/** Every image that is named in the texts of manifests, YAML or JSON. */
export function imagesOf(...texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(/"?\bimage"?: ?"?([^\s"]+[:@][^\s"]+)/g)].map(([, image = ""]) => image),
  );
}

/** The object with another pod spec, if it has pods. */
export function withPods(
  object: KubernetesObject,
  change: (spec: PodSpec) => PodSpec,
): KubernetesObject {
  if (!hasPods(object)) return object;
  const { spec } = object;
  const template = { ...spec.template, spec: change(spec.template.spec) };
  return { ...object, spec: { ...spec, template } } as KubernetesObject;
}

function hasPods(object: KubernetesObject): object is Workload {
  return ["Deployment", "StatefulSet", "DaemonSet"].includes(object.kind);
}
