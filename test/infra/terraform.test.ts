import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { synthesizeInfra } from "../../cli/project/infra-files.ts";
import { mirrorEnvironment } from "../google/terraform.ts";
import { peerPath } from "../peers/peers.ts";
import { sampleFleet } from "../sample.ts";
import { acceptedFindings, findings } from "./checkov.ts";
import { fullFleet, hubFleets } from "./fleets.ts";

// The provider in the mirror is a development build of version 8: the newest source that the Go
// module proxy serves. It is labelled 6.50.0 because Terraform takes exactly the version that the
// stack requires. So this proves that the provider's schema and planning accept the stack; the true
// 6.50.0 comes from Terraform's registry.
const mirror = peerPath("terraform-mirror");
const checkov = peerPath("checkov-venv/bin/checkov");
const terraformFound = spawnSync("terraform", ["version"]).status === 0;

interface Plan {
  readonly resource_changes: readonly {
    readonly address: string;
    readonly mode: "managed" | "data";
    readonly change: { readonly actions: readonly string[] };
  }[];
  readonly planned_values: { readonly outputs: Record<string, { readonly value?: unknown }> };
}

describe.skipIf(mirror === undefined || !terraformFound)(
  "real terraform with an 8-dev google provider under the label 6.50.0" +
    " (skipped where terraform or the mirror that test/peers/build.sh makes is missing)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "flotilla-terraform-"));
    const stackFolder = join(folder, "dist/infra/stacks/hub");
    let environment: Readonly<Record<string, string>>;

    function terraform(...options: readonly string[]): string {
      return execFileSync("nice", ["terraform", ...options], {
        cwd: stackFolder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        maxBuffer: 2 ** 26,
        env: {
          PATH: process.env["PATH"],
          HOME: folder,
          ...environment,
          // The first plan asks Google nothing; the provider only wants to see that there is a
          // token.
          GOOGLE_OAUTH_ACCESS_TOKEN: "fake",
        },
      });
    }

    function writeStack(fleet: Fleet): void {
      const text = synthesizeInfra(fleet).get("stacks/hub/cdk.tf.json") ?? "";
      writeFileSync(join(stackFolder, "cdk.tf.json"), text);
    }

    /** The plan of a hub that isn't there yet, as JSON. */
    function plan(fleet: Fleet): string {
      writeStack(fleet);
      terraform("plan", "-input=false", "-no-color", "-out=plan");
      return terraform("show", "-json", "plan");
    }

    // One installation of the provider serves every fleet.
    beforeAll(() => {
      mkdirSync(stackFolder, { recursive: true });
      environment = mirrorEnvironment(folder);
      writeStack(fullFleet);
      terraform("init", "-input=false", "-no-color");
    }, 60_000);
    afterAll(() => rmSync(folder, { recursive: true }));

    test("validates a hub that has everything", { timeout: 60_000 }, () => {
      writeStack(fullFleet);
      expect(JSON.parse(terraform("validate", "-json"))).toMatchObject({
        valid: true,
        error_count: 0,
        warning_count: 0,
      });
    });

    test.each(Object.entries(hubFleets))("plans %s", { timeout: 60_000 }, (_name, fleet) => {
      const changes = (JSON.parse(plan(fleet)) as Plan).resource_changes;
      const managed = changes.filter(({ mode }) => mode === "managed");
      expect(new Set(managed.flatMap(({ change }) => change.actions))).toEqual(new Set(["create"]));
      expect(managed.length).toBeGreaterThan(25);
    });

    test("knows these outputs before there is anything", { timeout: 60_000 }, () => {
      const { outputs } = (JSON.parse(plan(sampleFleet)) as Plan).planned_values;
      expect(Object.fromEntries(Object.entries(outputs).map(([n, o]) => [n, o.value]))).toEqual({
        cert_manager_account: "harbor-hub-certs@harbor-edge-hub.iam.gserviceaccount.com",
        external_dns_account: "harbor-hub-dns@harbor-edge-hub.iam.gserviceaccount.com",
        cluster_endpoint: undefined,
        cluster_name: "harbor-hub",
        gateway_address: undefined,
        ingress_address: undefined,
        location: "us-east1",
        name_servers: undefined,
        network_name: "harbor-hub",
        credentials_command:
          "gcloud container clusters get-credentials harbor-hub" +
          " --location us-east1 --project harbor-edge-hub --dns-endpoint",
      });
    });

    test.skipIf(checkov === undefined)(
      "checkov finds nothing in the plan but what is accepted with a reason" +
        " (skipped where checkov is not among the peers)",
      { timeout: 120_000 },
      () => {
        const file = join(folder, "plan.json");
        writeFileSync(file, plan(fullFleet));
        expect(findings(checkov ?? "", file)).toEqual(Object.keys(acceptedFindings).toSorted());
      },
    );

    test("keeps its state in the project's folder, not below dist", { timeout: 60_000 }, () => {
      const state = { version: 4, serial: 1, lineage: "a-test", outputs: {}, resources: [] };
      const pushed = join(folder, "pushed.json");
      writeFileSync(pushed, JSON.stringify(state));
      terraform("state", "push", pushed);
      expect(existsSync(join(folder, "terraform.hub.tfstate"))).toBe(true);
    });
  },
);
