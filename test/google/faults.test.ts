/**
 * A hub whose making goes wrong again and again. After each failure the deployment is simply run
 * again, until it is done: nothing lost, nothing twice.
 */
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleFleet } from "../sample.ts";
import { GoogleError } from "./cloud.ts";
import { serviceDisabled } from "./routes.ts";
import { startEmulator } from "./server.ts";
import type { Emulator } from "./server.ts";
import { Workspace, missing } from "./terraform.ts";

const { project, region } = sampleFleet.cloud;
const name = `${sampleFleet.name}-hub`;
const network = `projects/${project}/global/networks/${name}`;
const cluster = `projects/${project}/locations/${region}/clusters/${name}`;

/** The processes that any thread of a process has started. */
function childrenOf(pid: number): number[] {
  const threads = `/proc/${pid}/task`;
  const lists = readdirSync(threads).map((thread) =>
    readFileSync(join(threads, thread, "children"), "utf8"),
  );
  // A 0 would stand for the group of this very process.
  return (lists.join(" ").match(/\d+/g) ?? []).map(Number).filter((child) => child > 1);
}

describe.skipIf(missing !== undefined)(
  "a hub whose making fails, by the real terraform and the real google provider" +
    (missing === undefined ? "" : ` (skipped: ${missing})`),
  () => {
    let emulator: Emulator;
    let workspace: Workspace;

    beforeAll(async () => {
      emulator = await startEmulator(project);
      workspace = new Workspace(emulator.environment);
      workspace.write(sampleFleet);
      expect((await workspace.run("init", "-input=false", "-no-color")).stderr).toBe("");
    });
    afterAll(async () => {
      workspace.remove();
      await emulator.close();
    });

    /** Runs a deployment that must fail with these words, and loses nothing of what there was. */
    async function expectFailure(text: string): Promise<void> {
      // GKE's own first pool is always to go.
      const before = [...emulator.cloud.resources.keys()].filter(
        (path) => !path.endsWith("/default-pool"),
      );
      const { status, stderr } = await workspace.apply();
      // Terraform breaks and frames its messages.
      expect(stderr.replaceAll(/[\s│]+/g, " ")).toContain(text);
      expect(status).toBe(1);
      expect(emulator.unknown).toEqual([]);
      expect([...emulator.cloud.resources.keys()]).toEqual(expect.arrayContaining(before));
    }

    /**
     * Kills terraform and its provider, as when the power fails, while an operation on a new
     * resource is under way.
     */
    async function killWhileCreating(path: RegExp): Promise<void> {
      emulator.inject({ method: "POST", path, operationHeld: true });
      const seen = emulator.requests.length;
      const child = workspace.start("apply", "-auto-approve", "-input=false", "-no-color");
      child.stdout?.resume();
      const isCreating = () =>
        emulator.requests.slice(seen).some((line) => line.startsWith("POST") && path.test(line));
      while (!isCreating() && child.exitCode === null) await sleep(50);
      expect(child.exitCode).toBe(null);
      const providers = childrenOf(child.pid ?? 0);
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(providers).toHaveLength(1);
      for (const pid of providers) process.kill(pid, "SIGKILL");
      emulator.release();
    }

    test("403, an API that isn't enabled yet", { timeout: 120_000 }, async () => {
      emulator.inject({ method: "POST", path: /networks$/, answer: serviceDisabled("compute") });
      await expectFailure("compute API has not been used in project 123456789012 before");
      expect(emulator.cloud.resources.has(`compute/${network}`)).toBe(false);
    });

    test("503 twice is survived, a quota is not", { timeout: 120_000 }, async () => {
      const busy = new GoogleError(503, "backendError", "The service is currently unavailable.");
      emulator.inject({ method: "POST", path: /global\/networks$/, times: 2, answer: busy });
      const text = "Quota 'SUBNETWORKS' exceeded. Limit: 5.0 globally.";
      const quota = new GoogleError(403, "quotaExceeded", text);
      emulator.inject({ method: "POST", path: /subnetworks$/, answer: quota });
      await expectFailure(text);
      expect(emulator.cloud.creations.get(`compute/${network}`)).toBe(1);
    });

    test("an operation that fails and leaves nothing", { timeout: 120_000 }, async () => {
      const message = "Internal error. Please try again.";
      const operationError = { code: "INTERNAL_ERROR", message };
      emulator.inject({ method: "POST", path: /subnetworks$/, operationError });
      await expectFailure(message);
    });

    test("kill -9 while the cluster is made, and again", { timeout: 180_000 }, async () => {
      await killWhileCreating(/\/clusters$/);
      // Terraform doesn't know of it, and Google doesn't make a second one of the name.
      const advice = await workspace.failedDeploy();
      const address = workspace.address("google_container_cluster");
      expect(advice).toContain(
        `If it belongs to this fleet, import it, and run it again:\n` +
          `  terraform -chdir=${workspace.stack} import ${address} ${cluster}\n` +
          `  gcloud container node-pools delete default-pool --cluster=${name}` +
          ` --location=${region} --project=${project} # if it still exists`,
      );
      expect(await workspace.follow(advice, / import google_/)).toBe(1);
      emulator.cloud.delete(`container/${cluster}/nodePools/default-pool`);
      expect(emulator.cloud.creations.get(`container/${cluster}`)).toBe(1);
    });

    test("an operation that fails half way: no machines", { timeout: 120_000 }, async () => {
      const operationError = { code: "GCE_STOCKOUT", message: "Instance group: GCE_STOCKOUT" };
      // Both pools, of which the one goes before the new one comes and the other after it.
      emulator.inject({ method: "POST", path: /nodePools$/, times: 2, operationError });
      await expectFailure('was created in the error state "ERROR"');
    });

    test("is done in the end, and nothing is there twice", { timeout: 120_000 }, async () => {
      const { told } = await workspace.deploy();
      expect(told).toContain("Removing 1 node pool whose creation failed");
      const { status, stdout } = await workspace.plan();
      expect(stdout).toContain("No changes.");
      expect(status).toBe(0);
      // The subnet and the pools that had failed were made again, everything else once.
      const twice = [...emulator.cloud.creations].filter(([, count]) => count > 1);
      expect(twice.map(([path, count]) => [path.split("/").at(-2), count])).toEqual([
        ["subnetworks", 2],
        ["nodePools", 2],
        ["nodePools", 2],
      ]);
    });
  },
);
