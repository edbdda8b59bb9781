/**
 * The Plans that upgrade K3s on a device, inside the windows of its site's calendar.
 *
 * A Plan has one window, which must not pass midnight: the controller checks the day before it checks
 * the time (v0.20.1 by kured v1.13.1, pkg/timewindow), so Tue 22:00 to 02:00 would open on Tuesday at
 * 00:00. Therefore the calendar is cut at midnight, and each part is a Plan of the same version. The
 * window that opens first upgrades; the others then find the new binary and end at once
 * (k3s-io/k3s-upgrade, scripts/upgrade.sh). `exclusive` keeps two adjacent windows from running
 * together.
 *
 * The upgrade replaces the binary of the running K3s, keeps its SELinux label and ends K3s, which
 * systemd starts again (edge/parts/k3s-server.ts: Restart=always; pods keep running). Ignition writes its
 * own binary at the first boot only.
 *
 * The binary is verified before it runs: against the hashes in the fleet's lock, as Ignition verifies
 * the one that an image installs.
 *
 * No node is cordoned: a device is one node, so no pod could move elsewhere, and a node that is
 * cordoned for an upgrade that fails stays cordoned (pkg/upgrade/handle_batch.go).
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import { managedByFlotilla, upgradeName } from "../../fleet/model/contract.ts";
import type { K3sUpgrade } from "../../fleet/model/pins.ts";
import { dayParts, timeOf, type Calendar, type DayPart } from "../../fleet/rules/calendar.ts";
import { upgradeAccount } from "./controller.ts";
import { Plan, type PlanSpec, type PlanWindow } from "./plan.ts";

/** An upgrade that starts at the end of a window fails if it takes longer than this. */
const deadlineSeconds = 3600;

export interface K3sPlansProps {
  /** When the device may restart. */
  readonly calendar: Calendar;
  /** A K3s release, `v1.36.5+k3s1`. */
  readonly version: string;
  /** The hashes of its binaries, and the image that has them. */
  readonly upgrade: Required<K3sUpgrade>;
  /** Whether upgrades run on nodes with taints of the fleet file too. @default false */
  readonly hasTaints?: boolean;
}

export class K3sPlans extends Construct {
  constructor(scope: Construct, id: string, props: K3sPlansProps) {
    super(scope, id);
    const { calendar, version, upgrade, hasTaints = false } = props;
    for (const [index, part] of dayParts(calendar).entries()) {
      // Short names: they are labels of the node. A Plan with another name runs again.
      const name = index === 0 ? "k3s" : `k3s-${index + 1}`;
      new Plan(this, name, {
        metadata: {
          name,
          namespace: upgradeName,
          labels: { "app.kubernetes.io/name": "k3s", ...managedByFlotilla },
          annotations: {
            // The controller brings the definition of this kind, after the sync has begun.
            "argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true",
            "argocd.argoproj.io/sync-wave": "1",
          },
        },
        spec: {
          version,
          concurrency: 1,
          exclusive: true,
          jobActiveDeadlineSecs: deadlineSeconds,
          nodeSelector: {
            matchExpressions: [
              { key: "node-role.kubernetes.io/control-plane", operator: "Exists" },
            ],
          },
          serviceAccountName: upgradeAccount,
          ...(hasTaints && { tolerations: [{ operator: "Exists" }] }),
          window: planWindow(calendar, part),
          upgrade: verified(upgrade),
        },
      });
    }
  }
}

/** The image's own command, behind a check of its binary. */
function verified({ image, binary }: Required<K3sUpgrade>): PlanSpec["upgrade"] {
  const hashes = [binary.x86_64, binary.aarch64];
  return {
    image,
    command: ["/bin/sh", "-c", verifyScript, "k3s-upgrade"],
    args: ["/opt/k3s", ...hashes, "/bin/upgrade.sh", "upgrade"],
  };
}

const verifyScript = sourceText("gitops/programs/k3s-upgrade/verify.sh");

/** The window ends with the last second that is inside. */
function planWindow({ timeZone }: Calendar, part: DayPart): PlanWindow {
  return {
    days: part.days.map((day) => day.toLowerCase()),
    startTime: timeOf(part.start),
    endTime: `${timeOf(part.end - 1)}:59`,
    timeZone,
  };
}

/** The kind that `planHealth` is for, as Argo CD's settings name it. */
export const planHealthKind = "upgrade.cattle.io_Plan";

/**
 * How Argo CD assesses a Plan, in Lua. A Plan that waits for its window is as healthy as one that is
 * done. A failed one is tried again when the controller starts, at the latest when the device
 * restarts.
 */
export const planHealth = sourceText("gitops/programs/plan-health/plan-health.lua");
