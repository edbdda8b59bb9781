import { KmsCryptoKeyIamMember } from "@cdktf/provider-google/lib/kms-crypto-key-iam-member/index.js";
import { KmsCryptoKey } from "@cdktf/provider-google/lib/kms-crypto-key/index.js";
import { KmsKeyRing } from "@cdktf/provider-google/lib/kms-key-ring/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { fleetLabels, protection } from "./labels.ts";

export interface HubEncryptionProps {
  readonly fleetName: string;
  /** Name of the key ring. */
  readonly name: string;
  readonly region: string;
  readonly projectNumber: string;
  /** Whether Terraform refuses to destroy the key. Without it no Secret can be read. */
  readonly deletionProtection: boolean;
  /**
   * What must exist first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * A key of Cloud KMS with which GKE encrypts the cluster's Secrets. A key ring can never be deleted
 * from a project. A hub that is created again under the same name must import the old ring;
 * `flotilla deploy` prints the commands.
 */
export class HubEncryption extends Construct {
  readonly keyId: string;
  /** The right to use the key, which the cluster must wait for. */
  readonly grant: ITerraformDependable;

  constructor(scope: Construct, id: string, props: HubEncryptionProps) {
    super(scope, id);
    const ring = new KmsKeyRing(this, "ring", {
      name: props.name,
      location: props.region,
      ...protection(props.deletionProtection),
      dependsOn: [...(props.dependsOn ?? [])],
    });
    const key = new KmsCryptoKey(this, "key", {
      name: "secrets",
      keyRing: ring.id,
      purpose: "ENCRYPT_DECRYPT",
      rotationPeriod: `${90 * 24 * 60 * 60}s`,
      labels: fleetLabels(props.fleetName),
      ...protection(props.deletionProtection),
    });
    // GKE's own account in the project, which Google creates with the API.
    const agent = `service-${props.projectNumber}@container-engine-robot.iam.gserviceaccount.com`;
    this.grant = new KmsCryptoKeyIamMember(this, "grant", {
      cryptoKeyId: key.id,
      role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
      member: `serviceAccount:${agent}`,
    });
    this.keyId = key.id;
  }
}
