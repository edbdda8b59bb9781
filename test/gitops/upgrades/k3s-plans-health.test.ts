/** Argo CD itself judges Plans by our script. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { planHealth } from "../../../gitops/upgrades/k3s-plans.ts";
import { peerPath } from "../../peers/peers.ts";

const binary = peerPath("argo-cd-3.6.1");
const folder = mkdtempSync(join(tmpdir(), "flotilla-plan-health-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, object: object): void {
  // JSON is YAML too.
  writeFileSync(join(folder, name), JSON.stringify(object));
}

async function healthOf(conditions: readonly object[] | undefined): Promise<string> {
  write("plan.yaml", {
    apiVersion: "upgrade.cattle.io/v1",
    kind: "Plan",
    metadata: { name: "k3s", namespace: "system-upgrade" },
    ...(conditions && { status: { conditions } }),
  });
  write("settings.yaml", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "argocd-cm",
      namespace: "argocd",
      labels: { "app.kubernetes.io/part-of": "argocd" },
    },
    data: { "resource.customizations.health.upgrade.cattle.io_Plan": planHealth },
  });
  const words = ["admin", "settings", "resource-overrides", "health", "plan.yaml"];
  const { stdout } = await promisify(execFile)(
    binary ?? "",
    [...words, "--argocd-cm-path", "settings.yaml"],
    { cwd: folder, env: { ...process.env, ARGOCD_BINARY_NAME: "argocd" } },
  );
  const word = (key: string) => new RegExp(`^${key}: (.*)$`, "m").exec(stdout)?.[1] ?? "";
  return `${word("STATUS")} ${word("MESSAGE")}`.trim();
}

const resolved = { type: "LatestResolved", status: "True", reason: "Version" };
const failed = { type: "Complete", status: "False", reason: "JobFailed", message: "on store-01" };
const invalid = { type: "Validated", status: "False", reason: "Error", message: "bad window" };
const waiting = { ...failed, reason: "Waiting", message: "outside the window" };
const done = { type: "Complete", status: "True", reason: "Complete" };

const title =
  binary === undefined
    ? "Argo CD's judgement (skipped: no argo-cd-3.6.1, see test/peers/build.sh)"
    : "Argo CD's judgement";

describe.skipIf(binary === undefined)(title, () => {
  test.each([
    ["of one that nobody has seen yet", undefined, "Healthy"],
    ["of one that waits for its window", [resolved, waiting], "Healthy outside the window"],
    ["of one that is done", [resolved, done], "Healthy"],
    ["of one whose upgrade failed", [resolved, failed], "Degraded on store-01"],
    ["of one that can't be understood", [invalid, waiting], "Degraded bad window"],
  ])("%s", async (_, conditions, expected) => {
    expect(await healthOf(conditions)).toBe(expected);
  });
});
