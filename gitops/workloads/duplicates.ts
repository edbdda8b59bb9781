/** Objects that two workloads would put on one device, where the last one would win. */
import type { Mistake } from "../../fleet/grammar/mistakes.ts";
import type { Device } from "../../fleet/model/device.ts";
import { groupOf } from "../../fleet/model/kinds.ts";
import type { RenderedObject } from "./rendering-objects.ts";
import { isDeployedTo, type Rendering } from "./rendering.ts";
import type { Place } from "../../fleet/model/workload.ts";

export interface RenderedWorkload {
  readonly rendering: Rendering;
  readonly objects: readonly RenderedObject[];
}

type OwnedObject = RenderedObject & { readonly rendering: Rendering };

/** One mistake for each object and each two workloads, with a device that would have both. */
export function duplicateObjects(
  devices: readonly Device[],
  rendered: readonly RenderedWorkload[],
): readonly Mistake[] {
  const byObject = new Map<string, OwnedObject[]>();
  for (const { rendering, objects } of rendered) {
    for (const object of objects) {
      const { apiVersion, kind, metadata } = object.manifest;
      const key = [groupOf(apiVersion), kind, metadata.namespace ?? "", metadata.name].join("/");
      const same = byObject.get(key) ?? [];
      byObject.set(key, same);
      same.push({ ...object, rendering });
    }
  }
  const reported = new Set<string>();
  return [...byObject].flatMap(([key, same]) =>
    same.flatMap((later, index) =>
      same.slice(0, index).flatMap((earlier) => {
        const first = earlier.rendering.workload.name;
        const second = later.rendering.workload.name;
        const pair = `${key} ${first} ${second}`;
        if (first === second || reported.has(pair)) return [];
        const device = devices.find(
          (each) => isDeployedTo(earlier.rendering, each) && isDeployedTo(later.rendering, each),
        );
        if (device === undefined) return [];
        reported.add(pair);
        return [{ ...later.place, message: message(earlier, later, device) }];
      }),
    ),
  );
}

function message(earlier: OwnedObject, later: OwnedObject, device: Device): string {
  const { kind, metadata } = later.manifest;
  const first = earlier.rendering.workload.name;
  const second = later.rendering.workload.name;
  return `${second} puts the ${kind} ${metadata.name} on ${device.name}, where ${first} has it from ${placeText(earlier.place)}. Take it out of one of them, or select other devices.`;
}

function placeText({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}
