/** What runs on devices: every workload in each of its renderings, one object per file. */
import { InputError } from "../../fleet/grammar/mistakes.ts";
import type { Device } from "../../fleet/model/device.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Pins } from "../../fleet/model/pins.ts";
import { kindsOf } from "../kubernetes/kinds.ts";
import { objectFile, objectFileNames, type FileEntry } from "../kubernetes/state-files.ts";
import { duplicateObjects, type RenderedWorkload } from "./duplicates.ts";
import { constructMistakes } from "./construct-mistakes.ts";
import { inNamespaces } from "./namespaces.ts";
import { workloads as builtInWorkloads } from "./index.ts";
import { rendererOf } from "./rendering-objects.ts";
import { chartValuesFile, renderingsOf, type Rendering } from "./rendering.ts";
import type { Kind } from "../../fleet/model/kinds.ts";
import type { Workload } from "../../fleet/model/workload.ts";
import type { WorkloadConstruct } from "./workload.ts";

export interface RenderProps {
  readonly workloads: readonly Workload[];
  readonly devices: readonly Device[];
  /** In ring order. */
  readonly rings: readonly string[];
  /** Versions of K3s by ring; null: all devices run the one of `pins`. */
  readonly k3s: Fleet["k3s"];
  readonly pins: Pick<Pins, "k3s">;
  /** By the name of their workload. @default the built-in ones */
  readonly constructs?: ReadonlyMap<string, WorkloadConstruct>;
  /** See WorkloadProps. @default the hub receives no telemetry */
  readonly agentImage?: string | undefined;
}

export interface RenderedWorkloads {
  readonly files: readonly FileEntry[];
  /** Every kind of object that workloads may have on a device. */
  readonly kinds: readonly Kind[];
  /** In the order of the workloads. Each has an ApplicationSet. */
  readonly renderings: readonly Rendering[];
}

/** @throws InputError where Kubernetes would refuse an object, or two workloads have the same one */
export function renderWorkloads(props: RenderProps): RenderedWorkloads {
  const { workloads, devices, rings, k3s, pins, agentImage } = props;
  const { constructs = builtInWorkloads } = props;
  const used: RenderedWorkload[] = [];
  const unused: RenderedWorkload[] = [];
  for (const workload of workloads) {
    const objectsOf = rendererOf(workload, constructs, agentImage);
    const render = (rendering: Rendering) => ({ rendering, objects: objectsOf(rendering) });
    const renderings = renderingsOf({ workload, devices, rings });
    used.push(...renderings.used.map(render));
    unused.push(...renderings.unused.map(render));
  }
  const all = inNamespaces([...used, ...unused]);
  const deployed = all.slice(0, used.length);
  const mistakes = [
    ...all.flatMap((each) =>
      constructMistakes(each, k3s?.versions.get(each.rendering.ring) ?? pins.k3s.version),
    ),
    ...duplicateObjects(devices, deployed),
  ];
  if (mistakes.length > 0) throw new InputError(mistakes);
  const objects = all.flatMap((each) => each.objects);
  return {
    files: deployed.flatMap(filesOf),
    kinds: kindsOf(
      objects.map(({ manifest }) => manifest),
      workloads.flatMap(({ chart }) => chart?.kinds ?? []),
    ),
    renderings: used.map(({ rendering }) => rendering),
  };
}

function filesOf({ rendering, objects }: RenderedWorkload): readonly FileEntry[] {
  const { workload, ring, site, values } = rendering;
  const file = (object: string, content: unknown) =>
    objectFile({ kind: "rendered", workload: workload.name, ring, site, object }, content);
  const names = objectFileNames(objects.map(({ manifest }) => manifest));
  const files = objects.map(({ manifest }, index) => file(names[index] ?? "", manifest));
  return workload.chart === undefined ? files : [...files, file(chartValuesFile, values)];
}
