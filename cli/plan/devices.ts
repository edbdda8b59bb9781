/** Devices that come, change and go, and what becomes of their images and workloads. */
import type { Device, Fleet } from "../../fleet/model/fleet.ts";
import { ringLabel, siteLabel } from "../../fleet/model/contract.ts";
import { registrationLabels } from "../../gitops/argocd/registration.ts";
import type { DeviceChange, FieldChange, ImageState } from "./model.ts";
import { verbOf, type FileChange } from "./objects.ts";
import { cutsOff, parseRegistration, registrationChanges } from "./registration.ts";
import type { Labels, Registered } from "./registration.ts";
import type { Selections } from "./selections.ts";
import { parseStatePath } from "../../fleet/model/state-layout.ts";

/** The labels of every device, as they are and as they will be, by the device's name. */
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

/** Only registrations that differ were read; of all others the fleet knows what they say. */
export function fleetLabels(fleet: Fleet, differences: readonly Difference[]): FleetLabels {
  const same = fleet.devices.map((device) => [device.name, registrationLabels(device)] as const);
  const before = new Map<string, Labels>(same);
  const after = new Map<string, Labels>(same);
  for (const { device, file, before: old } of differences) {
    if (file.before === undefined) before.delete(device);
    else before.set(device, old?.labels ?? {});
    if (file.after === undefined) after.delete(device);
  }
  return { before, after };
}

export function deviceChanges(
  fleet: Fleet,
  differences: readonly Difference[],
  { before, after }: Selections,
): readonly DeviceChange[] {
  const devices = new Map(fleet.devices.map((device) => [device.name, device]));
  return differences.map((difference) => {
    const { device, file } = difference;
    const [old, next] = [before.workloadsOf(device), after.workloadsOf(device)];
    const fields = fieldsOf(difference);
    const labels = (difference.after ?? difference.before)?.labels ?? {};
    return {
      device,
      change: verbOf(file),
      site: labels[siteLabel] ?? "",
      ring: labels[ringLabel] ?? "",
      fields,
      image: imageOf(difference, fields, devices.get(device)),
      workloads: {
        gained: [...next.keys()].filter((workload) => !old.has(workload)),
        // What is on a device that leaves the fleet stays there.
        lost: [...old.keys()].filter((workload) => file.after !== undefined && !next.has(workload)),
        moved: [...next.keys()].filter((workload) => {
          return old.has(workload) && old.get(workload) !== next.get(workload);
        }),
      },
    };
  });
}

function fieldsOf({ file, before, after }: Difference): readonly FieldChange[] {
  if (file.before === undefined || file.after === undefined) return [];
  if (before === undefined || after === undefined) return [{ path: "registration", secret: true }];
  return registrationChanges(before.facts, after.facts);
}

function imageOf(
  { file, before, after }: Difference,
  fields: readonly FieldChange[],
  device: Device | undefined,
): ImageState | null {
  if (file.after === undefined) return null;
  if (file.before === undefined) return "new";
  if (cutsOff(fields, device?.connectivity === "direct")) return "reinstall";
  if (before === undefined || before.image === null) return "unknown";
  return before.image === after?.image ? "same" : "changed";
}
