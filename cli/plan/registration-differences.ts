/** Devices whose registrations differ, and the labels by which workloads select devices. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import { parseStatePath } from "../../fleet/model/state-layout.ts";
import { deviceLabels } from "../../gitops/device-files.ts";
import type { FileChange } from "./object-changes.ts";
import { parseRegistration, type Labels, type Registered } from "./registration.ts";

/** The labels of every device, before and after, by its name. */
export interface FleetLabels {
  readonly before: ReadonlyMap<string, Labels>;
  readonly after: ReadonlyMap<string, Labels>;
}

/** A device whose registration differs. */
export interface Difference {
  readonly device: string;
  readonly file: FileChange;
  readonly before: Registered | undefined;
  readonly after: Registered | undefined;
}

/** The device that a path in the state repository registers, or undefined. */
export function deviceOf(path: string): string | undefined {
  const file = parseStatePath(path);
  return file?.kind === "registration" ? file.device : undefined;
}

export function differencesOf(files: readonly FileChange[]): readonly Difference[] {
  return files.map((file) => ({
    device: deviceOf(file.path) ?? "",
    file,
    before: parseRegistration(file.before),
    after: parseRegistration(file.after),
  }));
}

/** Only registrations that differ were read; the fleet has the labels of all others. */
export function fleetLabels(fleet: Fleet, differences: readonly Difference[]): FleetLabels {
  const same = fleet.devices.map((device) => [device.name, deviceLabels(fleet, device)] as const);
  const before = new Map<string, Labels>(same);
  const after = new Map<string, Labels>(same);
  for (const { device, file, before: old } of differences) {
    if (file.before === undefined) before.delete(device);
    else before.set(device, old?.labels ?? {});
    if (file.after === undefined) after.delete(device);
  }
  return { before, after };
}
