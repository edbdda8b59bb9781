/** What runs on devices: every workload in each of its renderings, one object a file. */
import { ApiObject } from "cdk8s";
import { groupOf } from "../../fleet/model/kinds.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import type { Fleet, Kind, Place, Workload } from "../../fleet/model/fleet.ts";
import { manifestTemplates, renderManifests } from "../../fleet/resolve/manifest-templates.ts";
import { kindsOf } from "../kubernetes/kinds.ts";
import { manifests } from "../kubernetes/manifests.ts";
import type { Manifest } from "../kubernetes/manifests.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { inNamespaces } from "../kubernetes/network.ts";
import { reaches, renderingFolderOf, renderingsOf, type Rendering } from "./renderings.ts";
import { telemetryKeepers } from "../telemetry/telemetry.ts";
import { workloads } from "./index.ts";
import { objectLabels, propsOf } from "./workload.ts";
import { formatYaml } from "../kubernetes/yaml.ts";
import { systemNamespace } from "../../fleet/model/contract.ts";

export interface Edge {
  /** Path in the state repository and text. */
  readonly files: readonly (readonly [path: string, text: string])[];
  /** Everything that may be on a device by a workload. */
  readonly kinds: readonly Kind[];
  /** In the order of the workloads: each is an ApplicationSet. */
  readonly renderings: readonly Rendering[];
}

/** Beside the namespace of a chart: its values. */
export const chartValuesFile = "values.yaml";

interface EdgeObject {
  readonly manifest: Manifest;
  /** Where an operator wrote it. */
  readonly place: Place;
}

interface Rendered {
  readonly rendering: Rendering;
  readonly objects: readonly EdgeObject[];
}

/** @throws InputError where two workloads put the same object on one device */
export function edgeOf(fleet: Fleet): Edge {
  const used: Rendered[] = [];
  const unused: Rendered[] = [];
  for (const workload of fleet.workloads) {
    const objectsOf = rendererOf(fleet, workload);
    const render = (rendering: Rendering) => {
      return { rendering, objects: closed(objectsOf(rendering), rendering) };
    };
    const renderings = renderingsOf(fleet, workload);
    used.push(...renderings.used.map(render));
    unused.push(...renderings.unused.map(render));
  }
  const mistakes = doubles(fleet, used);
  if (mistakes.length > 0) throw new InputError(mistakes);
  const all = [...used, ...unused].flatMap(({ objects }) => objects);
  return {
    files: used.flatMap(filesOf),
    kinds: kindsOf(
      all.map(({ manifest }) => manifest),
      fleet.workloads.flatMap(({ chart }) => chart?.kinds ?? []),
    ),
    renderings: used.map(({ rendering }) => rendering),
  };
}

/** What makes the objects of a workload, whichever of the three forms it has. */
function rendererOf(
  fleet: Fleet,
  workload: Workload,
): (rendering: Rendering) => readonly EdgeObject[] {
  const { name, chart, manifests: files } = workload;
  const place = workload.place ?? { file: "fleet.yaml" };
  if (files !== undefined) return manifestRenderer(workload);
  if (chart !== undefined) {
    return (rendering) => [{ manifest: namespaceOf(rendering), place }];
  }
  const Construct = workloads.get(name);
  if (Construct === undefined) throw new Error(`no construct for the workload ${name}`);
  const agentImage = telemetryKeepers(fleet) === null ? undefined : fleet.pins.images.agent;
  return ({ ring, version, values }) => {
    const own = { namespace: name, ring, version, agentImage };
    const props = propsOf(Construct, own, values);
    const made = manifests(name, (scope) => new Construct(scope, "workload", props));
    return made.map((manifest) => ({ manifest, place }));
  };
}

function manifestRenderer(workload: Workload): (rendering: Rendering) => readonly EdgeObject[] {
  const { name, manifests: files = [] } = workload;
  const templates = manifestTemplates(files);
  const place = workload.place ?? { file: "fleet.yaml" };
  return (rendering) => {
    const { ring, version, values } = rendering;
    const site = rendering.site ?? "";
    const { objects, mistakes } = renderManifests(templates, name, { ring, version, site, values });
    const all = [...templates.mistakes, ...mistakes];
    if (all.length > 0) throw new InputError(all);
    const own = namespaceOf(rendering);
    const labelled = objects.map(({ manifest, place: at }): EdgeObject => ({
      manifest: {
        ...manifest,
        metadata: {
          ...manifest.metadata,
          labels: {
            ...(manifest.kind === "Namespace" && own.metadata.labels),
            ...manifest.metadata.labels,
            ...objectLabels({ namespace: name, ring, version }),
          },
        },
      },
      place: at,
    }));
    const isWritten = labelled.some(({ manifest }) => manifest.kind === "Namespace");
    return isWritten ? labelled : [{ manifest: own, place }, ...labelled];
  };
}

/**
 * With a policy for the whole namespace, unless the workload has one: only its own pods and what K3s
 * runs in kube-system, the ingress above all, reach its pods.
 */
function closed(objects: readonly EdgeObject[], rendering: Rendering): readonly EdgeObject[] {
  const { workload, ring, version } = rendering;
  const { name, place = { file: "fleet.yaml" } } = workload;
  if (objects.some(({ manifest }) => isForAllPods(manifest))) return objects;
  const [manifest] = manifests(name, (scope) => {
    new ApiObject(scope, "policy", {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: {
        name: "default",
        namespace: name,
        labels: objectLabels({ namespace: name, ring, version }),
      },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress"],
        ingress: [
          { from: [{ podSelector: {} }, { namespaceSelector: inNamespaces([systemNamespace]) }] },
        ],
      },
    });
  });
  return manifest === undefined ? objects : [...objects, { manifest, place }];
}

function isForAllPods(manifest: Manifest): boolean {
  if (manifest.kind !== "NetworkPolicy") return false;
  const { spec } = manifest as Manifest & { readonly spec?: { readonly podSelector?: object } };
  return Object.keys(spec?.podSelector ?? {}).length === 0;
}

function namespaceOf({ workload, ring, version }: Rendering): Manifest {
  const { name, podSecurity = "restricted" } = workload;
  const [namespace] = manifests(name, (scope) => {
    const labels = objectLabels({ namespace: name, ring, version });
    new Namespace(scope, "namespace", { name, podSecurity, labels });
  });
  if (namespace === undefined) throw new Error(`no namespace for ${name}`);
  return namespace;
}

function filesOf({ rendering, objects }: Rendered): Edge["files"] {
  const folder = renderingFolderOf(rendering);
  const names = new Set<string>();
  const files = objects.map(({ manifest }) => {
    const short = fileName(manifest, manifest.kind);
    // Another group has a kind of the same name.
    const name = names.has(short)
      ? fileName(manifest, `${manifest.kind}.${groupOf(manifest.apiVersion)}`)
      : short;
    names.add(name);
    return [`${folder}/${name}`, formatYaml(manifest)] as const;
  });
  if (rendering.workload.chart === undefined) return files;
  return [...files, [`${folder}/${chartValuesFile}`, formatYaml(rendering.values)]];
}

/** `deployment-point-of-sale.yaml`. Roles may have colons, which Windows keeps out of file names. */
function fileName({ metadata }: Manifest, kind: string): string {
  return `${kind.toLowerCase()}-${metadata.name.replaceAll(":", "_")}.yaml`;
}

/** Objects that two workloads put on one device. */
function doubles(fleet: Fleet, all: readonly Rendered[]): Mistake[] {
  const byObject = new Map<string, (EdgeObject & { readonly rendering: Rendering })[]>();
  for (const { rendering, objects } of all) {
    for (const object of objects) {
      const { apiVersion, kind, metadata } = object.manifest;
      const key = [groupOf(apiVersion), kind, metadata.namespace ?? "", metadata.name].join("/");
      const same = byObject.get(key) ?? [];
      byObject.set(key, same);
      same.push({ ...object, rendering });
    }
  }
  const told = new Set<string>();
  return [...byObject].flatMap(([key, same]) =>
    same.flatMap((later, index) =>
      same.slice(0, index).flatMap((earlier) => {
        const first = earlier.rendering.workload.name;
        const second = later.rendering.workload.name;
        const pair = `${key} ${first} ${second}`;
        if (first === second || told.has(pair)) return [];
        const device = fleet.devices.find(
          (each) => reaches(earlier.rendering, each) && reaches(later.rendering, each),
        );
        if (device === undefined) return [];
        told.add(pair);
        const { kind, metadata } = later.manifest;
        const message = `${second} puts the ${kind} ${metadata.name} on ${device.name}, where ${first} has it from ${placeText(earlier.place)}. Take it out of one of them, or select other devices.`;
        return [{ ...later.place, message }];
      }),
    ),
  );
}

function placeText({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}
