import { KmsCryptoKeyIamMember } from "@cdktf/provider-google/lib/kms-crypto-key-iam-member/index.js";
import { KmsCryptoKey } from "@cdktf/provider-google/lib/kms-crypto-key/index.js";
import { expect, test } from "vitest";
import { HubEncryption } from "../../../infra/google/encryption.ts";
import { synthesized } from "./synthesized.ts";

test("the key of Secrets is rotated every quarter, protected, and only GKE may use it", () => {
  const stack = synthesized((scope) => {
    new HubEncryption(scope, "encryption", {
      fleetName: "harbor",
      name: "harbor-hub",
      region: "europe-west1",
      projectNumber: "123456",
      deletionProtection: true,
    });
  });
  expect(stack).toHaveResourceWithProperties(KmsCryptoKey, {
    rotation_period: "7776000s",
    lifecycle: { prevent_destroy: true },
  });
  expect(stack).toHaveResourceWithProperties(KmsCryptoKeyIamMember, {
    member: "serviceAccount:service-123456@container-engine-robot.iam.gserviceaccount.com",
    role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
  });
});
