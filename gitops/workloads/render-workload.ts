/** For tests of workloads: the objects of one rendering, without a fleet. */
import { z } from "zod";
import { checkLeniently, droppedKeyMistakes, showType } from "../../fleet/grammar/check.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import { argumentMistakes, jsonProblems } from "../../fleet/grammar/program-values.ts";
import { parseSource } from "../../fleet/grammar/source.ts";
import { label } from "../../fleet/grammar/value-schemas.ts";
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
 *   Kubernetes would refuse; and with values that a fleet file cannot have. An exception of the class
 *   stays as it is.
 */
export function renderWorkload(
  WorkloadClass: WorkloadConstruct,
  props: RenderWorkloadProps,
): readonly Manifest[] {
  const wrong = argumentsMistakes(WorkloadClass, props);
  if (wrong.length > 0) throw new InputError(wrong);
  const { values = {}, ...own } = props;
  const { namespace: name, ring, version } = own;
  const place = { file: "fleet.yaml" };
  const invalid = valuesMistakes(WorkloadClass, name, values);
  if (invalid.length > 0) throw new InputError(invalid);
  const workload: Workload = { name, selector: {}, versions: new Map([[ring, version]]) };
  const rendering = { workload, ring, site: null, otherSites: [], version, values };
  const made = manifests(name, (chart) => {
    new WorkloadClass(chart, "workload", propsOf(WorkloadClass, own, values));
  });
  const objectsOfClass = made.map((manifest) => ({ manifest, place }));
  const all = withNetworkPolicy(withNamespace(objectsOfClass, rendering), rendering);
  const [{ objects } = { objects: all }] = inNamespaces([{ rendering, objects: all }]);
  const mistakes = constructMistakes({ rendering, objects });
  if (mistakes.length > 0) throw new InputError(mistakes);
  return objects.map(({ manifest }) => manifest);
}

const propsSchema = z.object({
  namespace: label,
  ring: label,
  version: z.string().min(1),
  agentImage: z.string().optional(),
});

function argumentsMistakes(WorkloadClass: unknown, props: unknown): readonly Mistake[] {
  const isClass = typeof WorkloadClass === "function" && WorkloadClass.prototype !== undefined;
  const message = `found ${showType(WorkloadClass)} in place of a workload. Write its class: a construct that takes (scope, id, props).`;
  return [
    ...(isClass ? [] : [{ file: "renderWorkload", message }]),
    ...argumentMistakes("renderWorkload", "props", { what: "props", schema: propsSchema }, props),
  ];
}

/** With the messages for a fleet file, but without lines, because there is no file. */
function valuesMistakes(
  { values: schema = z.strictObject({}) }: WorkloadConstruct,
  name: string,
  values: Values,
): Mistake[] {
  const file = "fleet.yaml";
  const unwritable = jsonProblems(values, ["workloads", name, "values"]);
  if (unwritable.length > 0) {
    return unwritable.map(({ path, message }) => ({ file, path: path.join("."), message }));
  }
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
