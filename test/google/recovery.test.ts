/**
 * Hubs that Terraform alone can't bring to a good end: `flotilla deploy` says what to run, and that
 * is run here to the letter.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GoogleCloud } from "../../fleet/model/cloud.ts";
import { sampleFleet } from "../sample.ts";
import { startEmulator } from "./server.ts";
import type { Emulator } from "./server.ts";
import { Workspace, missing } from "./terraform.ts";

const { project, region } = sampleFleet.cloud;
const name = `${sampleFleet.name}-hub`;
const cluster = `projects/${project}/locations/${region}/clusters/${name}`;
const ring = `projects/${project}/locations/${region}/keyRings/${name}`;

describe.skipIf(missing !== undefined)(
  "a hub that needs a person's hand, by the real terraform and the real google provider" +
    (missing === undefined ? "" : ` (skipped: ${missing})`),
  () => {
    let emulator: Emulator;
    let workspace: Workspace;
    const write = (cloud: Partial<GoogleCloud>) =>
      workspace.write({ ...sampleFleet, cloud: { ...sampleFleet.cloud, ...cloud } });

    beforeAll(async () => {
      emulator = await startEmulator(project);
      workspace = new Workspace(emulator.environment);
      write({ encryption: "kms" });
    });
    afterAll(async () => {
      workspace.remove();
      await emulator.close();
    });

    test("a key ring of an earlier hub is taken over", { timeout: 180_000 }, async () => {
      const key = `${ring}/cryptoKeys/secrets`;
      emulator.cloud.resources.set(`kms/${ring}`, { name: ring });
      emulator.cloud.resources.set(`kms/${key}`, { name: key, purpose: "ENCRYPT_DECRYPT" });
      const advice = await workspace.failedDeploy();
      const terraform = `terraform -chdir=${workspace.stack}`;
      expect(advice.slice(advice.indexOf("\n") + 1).split("\n")).toEqual([
        `  ${terraform} import ${workspace.address("google_kms_key_ring")} ${ring}`,
        `  ${terraform} import ${workspace.address("google_kms_crypto_key")} ${key}`,
        `  gcloud kms keys versions create --primary --key=secrets --keyring=${name}` +
          ` --location=${region} --project=${project} # if none is enabled`,
      ]);
      expect(await workspace.follow(advice, / import google_/)).toBe(2);
    });

    test("a cluster that failed half way is removed", { timeout: 240_000 }, async () => {
      const operationError = { code: "INTERNAL_ERROR", message: "Cluster creation failed." };
      emulator.inject({ method: "POST", path: /clusters$/, operationError });
      expect(await workspace.failedDeploy()).toContain("terraform apply of the stack hub failed");
      expect(emulator.cloud.get(`container/${cluster}`)["status"]).toBe("ERROR");

      const advice = await workspace.failedDeploy();
      const address = workspace.address("google_container_cluster");
      const terraform = `terraform -chdir=${workspace.stack}`;
      expect(advice.split("\n")).toEqual([
        `the creation of the cluster ${name} failed, and Terraform can't replace it. It is still` +
          " empty: delete it, and run this again.",
        `  gcloud container clusters delete ${name} --location=${region} --project=${project}`,
        `  ${terraform} state rm ${address}`,
        "  Or, if it runs in the console of Google, keep it:",
        `  ${terraform} untaint ${address}`,
      ]);
      // What gcloud does.
      emulator.cloud.remove(`container/${cluster}`);
      expect(await workspace.follow(advice, / state rm /)).toBe(1);
      expect((await workspace.deploy()).changed).toBe(true);
      expect((await workspace.deploy()).changed).toBe(false);
      expect(emulator.unknown).toEqual([]);
    });

    test("an unprotected hub is not replaced either", { timeout: 120_000 }, async () => {
      const unprotected: Partial<GoogleCloud> = { encryption: "kms", deletionProtection: false };
      write(unprotected);
      await workspace.deploy();
      const before = [...emulator.cloud.resources.keys()];
      write({ ...unprotected, location: `${region}-b` });
      expect(await workspace.failedDeploy()).toMatch(
        /^this plan deletes the cluster and makes another one, because of location\. Undo the change/,
      );
      const network = { ...sampleFleet.cloud.network, nodes: "10.64.0.0/17" };
      write({ ...unprotected, network });
      expect(await workspace.failedDeploy()).toMatch(
        /^this plan deletes the (subnet|cluster) and makes another one, because of [a-z_]+\. /,
      );
      expect([...emulator.cloud.resources.keys()]).toEqual(before);
    });
  },
);
