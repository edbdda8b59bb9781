import { GkeBackupBackupPlan } from "@cdktf/provider-google/lib/gke-backup-backup-plan/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { fleetLabels } from "./labels.ts";

export interface HubBackupProps {
  readonly fleetName: string;
  readonly name: string;
  readonly region: string;
  readonly clusterId: string;
  /**
   * What must exist first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** A backup of the cluster's objects and volumes every night, kept for two weeks. */
export class HubBackup extends Construct {
  constructor(scope: Construct, id: string, props: HubBackupProps) {
    super(scope, id);
    new GkeBackupBackupPlan(this, "plan", {
      name: props.name,
      description: `Nightly backup of the hub of the edge fleet ${props.fleetName}`,
      cluster: props.clusterId,
      location: props.region,
      labels: fleetLabels(props.fleetName),
      backupConfig: {
        allNamespaces: true,
        includeVolumeData: true,
        // `flotilla bootstrap` derives them from the root key; no copy is stored elsewhere.
        includeSecrets: false,
      },
      backupSchedule: { cronSchedule: "23 1 * * *" },
      retentionPolicy: { backupDeleteLockDays: 0, backupRetainDays: 14 },
      dependsOn: [...(props.dependsOn ?? [])],
    });
  }
}
