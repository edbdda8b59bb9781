/** The objects of a rendering: those of a construct, of the operator's manifests, or of a chart. */
import { Construct } from "constructs";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { systemNamespace } from "../../fleet/model/contract.ts";
import { ConstructError } from "../../fleet/model/construct-error.ts";
import type { Place, Workload } from "../../fleet/model/workload.ts";
import { manifestTemplates, renderManifests } from "../../fleet/resolve/manifest-templates.ts";
import { KubeNetworkPolicy } from "../imports/k8s.ts";
import { manifests, type Manifest } from "../kubernetes/manifests.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { inNamespaces } from "../kubernetes/network.ts";
import type { Rendering } from "./rendering.ts";
import { objectLabels, propsOf, type WorkloadConstruct } from "./workload.ts";

export interface RenderedObject {
  readonly manifest: Manifest;
  /** Where the operator declared it. */
  readonly place: Place;
}

/**
 * What renders a workload. It parses the workload's manifests once for all renderings.
 *
 * @param constructs by the name of their workload
 * @param agentImage see WorkloadProps
 */
export function rendererOf(
  workload: Workload,
  constructs: ReadonlyMap<string, WorkloadConstruct>,
  agentImage: string | undefined,
): (rendering: Rendering) => readonly RenderedObject[] {
  const { chart, manifests: files } = workload;
  const render =
    files !== undefined
      ? manifestRenderer(workload)
      : chart !== undefined
        ? chartRenderer(workload)
        : constructRenderer(workload, constructs, agentImage);
  return (rendering) => withNetworkPolicy(render(rendering), rendering);
}

function constructRenderer(
  workload: Workload,
  constructs: ReadonlyMap<string, WorkloadConstruct>,
  agentImage: string | undefined,
) {
  const { name } = workload;
  const place = placeOf(workload);
  const WorkloadClass = constructs.get(name);
  if (WorkloadClass === undefined) throw new Error(`no construct for the workload ${name}`);
  return (rendering: Rendering): readonly RenderedObject[] => {
    const { ring, version, site, values } = rendering;
    try {
      const props = propsOf(WorkloadClass, { namespace: name, ring, version, agentImage }, values);
      const made = manifests(name, (chart) => new WorkloadClass(chart, "workload", props));
      return withNamespace(
        made.map((manifest) => ({ manifest, place })),
        rendering,
      );
    } catch (cause) {
      const where = [
        `workload ${name}`,
        `ring ${ring}`,
        ...(site === null ? [] : [`site ${site}`]),
      ];
      throw new ConstructError({ where, place }, cause);
    }
  };
}

/** Argo CD renders the chart; Flotilla writes its namespace. */
function chartRenderer(workload: Workload) {
  const place = placeOf(workload);
  return (rendering: Rendering): readonly RenderedObject[] => [
    { manifest: namespaceOf(rendering), place },
  ];
}

function manifestRenderer(workload: Workload) {
  const { name, manifests: files = [] } = workload;
  const templates = manifestTemplates(files);
  return (rendering: Rendering): readonly RenderedObject[] => {
    const { ring, version, values } = rendering;
    const site = rendering.site ?? "";
    const { objects, mistakes } = renderManifests(templates, name, { ring, version, site, values });
    const all = [...templates.mistakes, ...mistakes];
    if (all.length > 0) throw new InputError(all);
    const namespace = namespaceOf(rendering);
    const labelled = objects.map(({ manifest, place }): RenderedObject => ({
      manifest: {
        ...manifest,
        metadata: {
          ...manifest.metadata,
          labels: {
            ...(manifest.kind === "Namespace" && namespace.metadata.labels),
            ...manifest.metadata.labels,
            ...objectLabels({ namespace: name, ring }),
          },
        },
      },
      place,
    }));
    return withNamespace(labelled, rendering);
  };
}

function placeOf({ place = { file: "fleet.yaml" } }: Workload): Place {
  return place;
}

function namespaceOf({ workload, ring }: Rendering): Manifest {
  const { name, podSecurity = "restricted" } = workload;
  const [namespace] = manifests(name, (chart) => {
    const labels = objectLabels({ namespace: name, ring });
    new Namespace(chart, "namespace", { name, podSecurity, labels });
  });
  if (namespace === undefined) throw new Error(`no namespace for ${name}`);
  return namespace;
}

/** With the workload's namespace, unless the workload has it. */
export function withNamespace(
  objects: readonly RenderedObject[],
  rendering: Rendering,
): readonly RenderedObject[] {
  if (objects.some(({ manifest }) => manifest.kind === "Namespace")) return objects;
  const place = placeOf(rendering.workload);
  return [{ manifest: namespaceOf(rendering), place }, ...objects];
}

/** With a network policy for the whole namespace, unless the workload has one. */
export function withNetworkPolicy(
  objects: readonly RenderedObject[],
  { workload, ring }: Rendering,
): readonly RenderedObject[] {
  if (objects.some(({ manifest }) => isPolicyForAllPods(manifest))) return objects;
  const { name } = workload;
  const policies = manifests(name, (chart) => {
    new WorkloadNetworkPolicy(chart, "policy", { namespace: name, ring });
  });
  return [...objects, ...policies.map((manifest) => ({ manifest, place: placeOf(workload) }))];
}

function isPolicyForAllPods(manifest: Manifest): boolean {
  if (manifest.kind !== "NetworkPolicy") return false;
  const { spec } = manifest as Manifest & { readonly spec?: { readonly podSelector?: object } };
  return Object.keys(spec?.podSelector ?? {}).length === 0;
}

export interface WorkloadNetworkPolicyProps {
  /** Namespace and name of the workload. */
  readonly namespace: string;
  readonly ring: string;
}

/** Only its own pods, and those of K3s in kube-system (such as the ingress), reach its pods. */
export class WorkloadNetworkPolicy extends Construct {
  constructor(scope: Construct, id: string, props: WorkloadNetworkPolicyProps) {
    super(scope, id);
    new KubeNetworkPolicy(this, "policy", {
      metadata: { name: "default", namespace: props.namespace, labels: objectLabels(props) },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress"],
        ingress: [
          { from: [{ podSelector: {} }, { namespaceSelector: inNamespaces([systemNamespace]) }] },
        ],
      },
    });
  }
}
