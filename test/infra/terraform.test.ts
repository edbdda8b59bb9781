import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { synthesizeInfra } from "../../infra/synth.ts";
import { peerPath } from "../peers/peers.ts";
import { sampleFleet } from "../sample.ts";

// The provider in the mirror is a development build of version 8: the newest source that the Go
// module proxy serves. It is labelled 6.50.0 because Terraform takes exactly the version that the
// stack requires. So this proves that the provider's schema and planning accept the stack; the true
// 6.50.0 comes from Terraform's registry.
const mirror = peerPath("terraform-mirror");
const terraformFound = spawnSync("terraform", ["version"]).status === 0;

interface Plan {
  readonly resource_changes: readonly {
    readonly address: string;
    readonly change: { readonly actions: readonly string[] };
  }[];
  readonly planned_values: { readonly outputs: Record<string, { readonly value: unknown }> };
}

describe.skipIf(mirror === undefined || !terraformFound)(
  "real terraform with an 8-dev google provider under the label 6.50.0" +
    " (skipped where terraform or the mirror that test/peers/build.sh makes is missing)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "flotilla-terraform-"));
    const stackFolder = join(folder, "dist/infra/stacks/hub");
    const cliConfig = join(folder, "terraform.rc");

    function terraform(...options: readonly string[]): string {
      return execFileSync("terraform", [...options], {
        cwd: stackFolder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          PATH: process.env["PATH"],
          HOME: folder,
          TF_CLI_CONFIG_FILE: cliConfig,
          CHECKPOINT_DISABLE: "1",
          // A plan of a stack without data sources asks Google nothing; the provider only wants to
          // see that there is a token.
          GOOGLE_OAUTH_ACCESS_TOKEN: "fake",
        },
      });
    }

    beforeAll(() => {
      for (const [path, text] of synthesizeInfra(sampleFleet)) {
        const file = join(folder, "dist/infra", path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      const installation = `filesystem_mirror { path = ${JSON.stringify(mirror)} }`;
      writeFileSync(cliConfig, `provider_installation {\n  ${installation}\n}\n`);
      terraform("init", "-input=false", "-no-color");
    }, 60_000);
    afterAll(() => rmSync(folder, { recursive: true }));

    test("validates the stack", { timeout: 60_000 }, () => {
      expect(JSON.parse(terraform("validate", "-json"))).toMatchObject({
        valid: true,
        error_count: 0,
        warning_count: 0,
      });
    });

    test("plans to create every resource and names the outputs", { timeout: 60_000 }, () => {
      terraform("plan", "-input=false", "-no-color", "-out=plan");
      const plan = JSON.parse(terraform("show", "-json", "plan")) as Plan;
      expect(new Set(plan.resource_changes.flatMap(({ change }) => change.actions))).toEqual(
        new Set(["create"]),
      );
      expect(plan.resource_changes).toHaveLength(12);
      const outputs = Object.entries(plan.planned_values.outputs);
      expect(Object.fromEntries(outputs.map(([name, { value }]) => [name, value]))).toEqual({
        cluster_name: "harbor-hub",
        location: "us-east1",
        network_name: "harbor-hub",
        credentials_command:
          "gcloud container clusters get-credentials harbor-hub" +
          " --region us-east1 --project harbor-edge-hub",
      });
    });

    test("keeps its state in the project's folder, not below dist", { timeout: 60_000 }, () => {
      const state = { version: 4, serial: 1, lineage: "a-test", outputs: {}, resources: [] };
      const pushed = join(folder, "pushed.json");
      writeFileSync(pushed, JSON.stringify(state));
      terraform("state", "push", pushed);
      expect(existsSync(join(folder, "terraform.hub.tfstate"))).toBe(true);
    });
  },
);
