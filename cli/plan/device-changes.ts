/** Devices that are added, changed and removed, with their images and workloads. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import { ringLabel, siteLabel } from "../../fleet/model/contract.ts";
import type { DeviceChange, FieldChange, ImageState } from "./plan.ts";
import { verbOf } from "./object-changes.ts";
import type { Difference } from "./registration-differences.ts";
import { cutsOff, registrationChanges } from "./registration.ts";
import type { Selections } from "./selections.ts";
import type { Device } from "../../fleet/model/device.ts";

export function deviceChanges(
  fleet: Fleet,
  differences: readonly Difference[],
  { before, after }: Selections,
  knowsImages: boolean,
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
      image: imageOf(difference, fields, devices.get(device), knowsImages),
      workloads: {
        gained: [...next.keys()].filter((workload) => !old.has(workload)),
        // Workloads stay on a device that is removed from the fleet.
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
  knowsImages: boolean,
): ImageState | null {
  if (file.after === undefined) return null;
  if (file.before === undefined) return "new";
  if (cutsOff(fields, device?.connectivity === "direct")) return "reinstall";
  if (!knowsImages || before === undefined || before.image === null) return "unknown";
  return before.image === after?.image ? "same" : "changed";
}
