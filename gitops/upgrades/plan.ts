/**
 * The Plans by which a device upgrades its K3s, inside the windows of its site's calendar.
 *
 * A Plan has one window, which must not pass midnight: the controller asks whether today is among
 * its days before it looks at the time (v0.20.1 by kured v1.13.1, pkg/timewindow), so Tue 22:00 to
 * 02:00 would open on Tuesday's small hours. Hence the calendar is cut at midnight, and each part is
 * a Plan of the same version. Whichever window opens first upgrades; the others then find the binary
 * in place and end at once (k3s-io/k3s-upgrade, scripts/upgrade.sh). `exclusive` keeps two that
 * touch from running together.
 *
 * The upgrade replaces the binary that the running K3s was started as, keeps its SELinux label, and
 * ends K3s, which systemd starts again (edge/parts/k3s-server.ts: Restart=always; pods run on). Ignition
 * writes its own binary at the first boot only.
 *
 * Nothing is cordoned: a device is one node, so no pod could go elsewhere; and a node that is
 * cordoned for an upgrade that fails stays so (pkg/upgrade/handle_batch.go).
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import { dayParts, timeOf, type Calendar, type DayPart } from "../../fleet/rules/calendar.ts";
import { upgradeAccount } from "./controller.ts";
import { managedByFlotilla, upgradeName } from "../../fleet/model/contract.ts";

/** How far an upgrade that began in a window may go on after it; then it has failed. */
const deadlineSeconds = 3600;

export interface K3sPlansProps {
  readonly calendar: Calendar;
  /** A K3s release, `v1.36.5+k3s1`. */
  readonly version: string;
}

export class K3sPlans extends Construct {
  constructor(scope: Construct, id: string, { calendar, version }: K3sPlansProps) {
    super(scope, id);
    for (const [index, part] of dayParts(calendar).entries()) {
      // Names of few words: they are labels of the node, and another name runs the Plan again.
      const name = index === 0 ? "k3s" : `k3s-${index + 1}`;
      new ApiObject(this, name, {
        apiVersion: "upgrade.cattle.io/v1",
        kind: "Plan",
        metadata: {
          name,
          namespace: upgradeName,
          labels: { "app.kubernetes.io/name": "k3s", ...managedByFlotilla },
          annotations: {
            // Its kind comes with the controller, after the first sync began.
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
          window: planWindow(calendar, part),
          // A tag has no plus sign.
          upgrade: { image: `docker.io/rancher/k3s-upgrade:${version.replace("+", "-")}` },
        },
      });
    }
  }
}

/** The end is the last second that is inside. */
export function planWindow({ timeZone }: Calendar, part: DayPart): Record<string, unknown> {
  return {
    days: part.days.map((day) => day.toLowerCase()),
    startTime: timeOf(part.start),
    endTime: `${timeOf(part.end - 1)}:59`,
    timeZone,
  };
}

/**
 * How Argo CD is to judge a Plan, in Lua. One that waits for its window is as healthy as one that is
 * done; one whose upgrade failed is tried again when the controller starts, at the latest after the
 * device's next restart.
 */
export const planHealth = sourceText("gitops/programs/plan-health/plan-health.lua");
