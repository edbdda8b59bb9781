/** Devices that are added, changed and removed, with their images and workloads. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import { ringLabel, siteLabel } from "../../fleet/model/contract.ts";
import type { DeviceChange, FieldChange, ImageState, ObjectChange } from "./plan.ts";
import { objectChanges, verbOf } from "./object-changes.ts";
import type { Difference } from "./registration-differences.ts";
import { cutsOff, registrationChanges } from "./registration.ts";
import { objectName } from "./wording.ts";
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

/** Never empty for a registration that differs in more than its image. */
function fieldsOf({ file, before, after }: Difference): readonly FieldChange[] {
  if (file.before === undefined || file.after === undefined) return [];
  if (before === undefined || after === undefined) return [{ path: "registration", secret: true }];
  const changes = registrationChanges(before.facts, after.facts);
  // Labels and addresses are repeated there; new is only what was not there at all.
  const others = objectChanges([file]).filter(({ change }) => change !== "changed");
  const fields = [...changes, ...others.map(objectField)];
  const isSame = fields.length === 0 && before.image === after.image;
  return isSame ? [{ path: "registration", secret: true }] : fields;
}

/** An object that comes or goes with the registration, as a field. */
function objectField(object: ObjectChange): FieldChange {
  const path = objectName(object);
  return object.change === "added" ? { path, after: "new" } : { path, before: "no longer" };
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
