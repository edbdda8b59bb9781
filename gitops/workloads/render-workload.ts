/** For tests of workloads: the objects of one rendering, without a fleet. */
import { z } from "zod";
import { checkLeniently, droppedKeyMistakes } from "../../fleet/grammar/check.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../fleet/grammar/source.ts";
import type { Values } from "../../fleet/model/values.ts";
import type { Workload } from "../../fleet/model/workload.ts";
import { manifests, type Manifest } from "../kubernetes/manifests.ts";
import { constructMistakes } from "./construct-mistakes.ts";
import { inNamespaces } from "./namespaces.ts";
import { withNamespace, withNetworkPolicy } from "./rendering-objects.ts";
import { propsOf, type WorkloadConstruct, type WorkloadProps } from "./workload.ts";

export interface RenderWorkloadProps extends WorkloadProps {
  /** As under `values` in a fleet file. @default its defaults */
  readonly values?: Values;
}

/**
 * The objects of a workload in one ring, as a device's Kubernetes gets them: with what Flotilla adds to
 * every workload.
 *
 *   const objects = renderWorkload(Hello, { namespace: "hello", ring: "canary", version: "1.0" });
 *
 * @throws InputError with the mistakes that `flotilla synth` reports: in the values, and in what
 *   Kubernetes would refuse. An exception of the class stays as it is.
 */
export function renderWorkload(
  WorkloadClass: WorkloadConstruct,
  { values = {}, ...props }: RenderWorkloadProps,
): readonly Manifest[] {
  const { namespace: name, ring, version } = props;
  const place = { file: "fleet.yaml" };
  const invalid = valuesMistakes(WorkloadClass, name, values);
  if (invalid.length > 0) throw new InputError(invalid);
  const workload: Workload = { name, selector: {}, versions: new Map([[ring, version]]) };
  const rendering = { workload, ring, site: null, otherSites: [], version, values };
  const made = manifests(name, (chart) => {
    new WorkloadClass(chart, "workload", propsOf(WorkloadClass, props, values));
  });
  const own = made.map((manifest) => ({ manifest, place }));
  const all = withNetworkPolicy(withNamespace(own, rendering), rendering);
  const [{ objects } = { objects: all }] = inNamespaces([{ rendering, objects: all }]);
  const mistakes = constructMistakes({ rendering, objects });
  if (mistakes.length > 0) throw new InputError(mistakes);
  return objects.map(({ manifest }) => manifest);
}

/** With the messages for a fleet file, but without lines, because there is no file. */
function valuesMistakes(
  { values: schema = z.strictObject({}) }: WorkloadConstruct,
  name: string,
  values: Values,
): Mistake[] {
  const file = "fleet.yaml";
  const source = parseSource(file, JSON.stringify({ workloads: { [name]: { values } } }));
  const workload = z.strictObject({ values: schema });
  const grammar = z.strictObject({ workloads: z.strictObject({ [name]: workload }) });
  const { mistakes } = checkLeniently(source, grammar);
  return [...mistakes, ...droppedKeyMistakes(source, grammar)].map(({ path = "", message }) => ({
    file,
    path,
    message,
  }));
}
