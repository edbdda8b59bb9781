/** Other hubs than the example's: made in one go, and found unchanged by a second plan. */
import { describe, expect, test } from "vitest";
import type { Cloud } from "../../fleet/model/cloud.ts";
import { sampleFleet } from "../sample.ts";
import { startEmulator } from "./server.ts";
import { Workspace, missing } from "./terraform.ts";

const everything: Partial<Cloud> = {
  encryption: "kms",
  backup: true,
  budget: { billingAccount: "012345-6789AB-CDEF01", monthlyAmount: 300 },
};
const least: Partial<Cloud> = {
  location: `${sampleFleet.cloud.region}-b`,
  nodePool: { machineType: null, minNodes: 1, maxNodes: 1, spot: true },
  deletionProtection: false,
};

describe.skipIf(missing !== undefined)(
  "other hubs, by the real terraform and the real google provider" +
    (missing === undefined ? "" : ` (skipped: ${missing})`),
  () => {
    test.concurrent.each([
      ["with all that can be asked for", everything],
      ["in one zone, on spot machines, unprotected", least],
    ])("%s", { timeout: 240_000 }, async (_name, cloud) => {
      const { project } = sampleFleet.cloud;
      const emulator = await startEmulator(project);
      const workspace = new Workspace(emulator.environment);
      try {
        workspace.write({ ...sampleFleet, cloud: { ...sampleFleet.cloud, ...cloud } });
        await workspace.run("init", "-input=false", "-no-color");
        expect((await workspace.apply()).stderr).toBe("");
        expect((await workspace.plan()).stdout).toContain("No changes.");
        expect(emulator.unknown).toEqual([]);
        expect(new Set(emulator.cloud.creations.values())).toEqual(new Set([1]));
      } finally {
        workspace.remove();
        await emulator.close();
      }
    });
  },
);
