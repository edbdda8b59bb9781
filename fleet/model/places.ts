/**
 * Values without the places in the fleet file that mistakes name: nothing is made of them, and a new line in
 * the file moves all places below it.
 */
import type { Device } from "./device.ts";
import { isReference } from "./secret-reference.ts";
import type { Workload } from "./workload.ts";

const known = new WeakMap<Device, object>();

/** What a device's files are made of. The same object each time. */
export function deviceWithoutPlaces(device: Device): object {
  const made = known.get(device);
  if (made !== undefined) return made;
  const { machine, snippets, ...rest } = device;
  const contents = {
    ...rest,
    ...(machine && { machine: withoutReferencePlaces(machine) }),
    snippets: snippets.map(({ text, files }) => ({ text, files })),
  };
  known.set(device, contents);
  return contents;
}

export function workloadWithoutPlace({ place: _place, ...rest }: Workload): object {
  return rest;
}

function withoutReferencePlaces(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutReferencePlaces);
  if (value instanceof Map) {
    return new Map([...value].map(([key, each]) => [key, withoutReferencePlaces(each)]));
  }
  if (isReference(value)) {
    const { place: _place, ...rest } = value;
    return rest;
  }
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutReferencePlaces(each)]));
}
