/** What the real Argo CD makes of the notifications: the triggers fire, and Alertmanager understands. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notificationValues } from "../../../gitops/argocd/notifications.ts";
import { alertmanagerAddress } from "../../../gitops/addons/names.ts";
import { formatYaml } from "../../../gitops/kubernetes/yaml.ts";
import { peerPath } from "../../peers/peers.ts";

const binary = peerPath("argo-cd-3.6.1");
const title = binary ? "notifications" : "notifications (SKIPPED: argo-cd is not built)";

interface Notifications {
  readonly notifiers: Record<string, string>;
  readonly templates: Record<string, string>;
  readonly triggers: Record<string, string>;
}

describe.skipIf(!binary)(title, () => {
  const notifications = notificationValues(alertmanagerAddress, 133) as unknown as Notifications;
  const folder = mkdtempSync(join(tmpdir(), "flotilla-notifications-"));
  const received: unknown[] = [];
  const alertmanager = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      received.push({ path: request.url, alerts: JSON.parse(text) as unknown });
      response.end();
    });
  });

  beforeAll(async () => {
    await new Promise<void>((done) => alertmanager.listen(0, "127.0.0.1", done));
    const { port } = alertmanager.address() as AddressInfo;
    const { notifiers, templates, triggers } = notifications;
    const target = /alertmanager-operated\.monitoring:9093/;
    expect(notifiers["service.alertmanager"]).toMatch(target);
    write("settings.yaml", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "argocd-notifications-cm" },
      data: {
        ...templates,
        ...triggers,
        "service.alertmanager": notifiers["service.alertmanager"]!.replace(
          target,
          `127.0.0.1:${port}`,
        ),
        context: "argocdUrl: https://argocd.edge.harbor.example\n",
      },
    });
    write("kubeconfig.yaml", {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "none", cluster: { server: "http://127.0.0.1:1" } }],
      contexts: [{ name: "none", context: { cluster: "none", user: "none" } }],
      users: [{ name: "none", user: {} }],
      "current-context": "none",
    });
  });

  afterAll(() => {
    alertmanager.close();
    rmSync(folder, { recursive: true });
  });

  function write(name: string, value: Record<string, unknown>): void {
    writeFileSync(join(folder, name), formatYaml(value));
  }

  async function argoCd(words: readonly string[]): Promise<string> {
    const settings = ["--config-map", "settings.yaml", "--secret", ":empty"];
    const { stdout } = await promisify(execFile)(
      binary ?? "",
      ["admin", "notifications", ...words, ...settings, "--kubeconfig", "kubeconfig.yaml"],
      { cwd: folder, env: { ...process.env, ARGOCD_BINARY_NAME: "argocd" } },
    );
    return stdout;
  }

  function application(labels: Record<string, string>, status: object): void {
    write("application.yaml", {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name: "store-01-point-of-sale", namespace: "argocd", labels },
      spec: {},
      status,
    });
  }

  const degraded = { health: { status: "Degraded", message: 'no image "podinfo"' } };
  const failing = (retryCount?: number) => ({
    health: { status: "Healthy" },
    operationState: { phase: "Running", message: "refused", retryCount },
  });

  test.each([
    ["on-degraded", degraded, true],
    ["on-degraded", failing(9), false],
    ["on-sync-failed", failing(5), true],
    ["on-sync-failed", failing(4), false],
    ["on-sync-failed", failing(), false],
    ["on-sync-failed", { health: { status: "Healthy" } }, false],
  ] as const)("%s of %j: %s", async (trigger, status, fires) => {
    application({}, status);
    const answer = await argoCd(["trigger", "run", trigger, "./application.yaml"]);
    expect(answer.trim().endsWith(String(fires))).toBe(true);
  });

  test.each([
    [
      "a device's",
      { "flotilla.dev/device": "store-01", "flotilla.dev/site": "boston" },
      "store-01",
    ],
    ["a hub's", { "flotilla.dev/other": "x" }, "hub"],
  ])(
    "%s application reaches Alertmanager with every label filled in",
    async (_of, labels, device) => {
      received.length = 0;
      application(labels, degraded);
      const target = ["--recipient", "alertmanager"];
      await argoCd(["template", "notify", "degraded", "./application.yaml", ...target]);
      expect(received).toEqual([
        {
          path: "/api/v2/alerts",
          alerts: [
            expect.objectContaining({
              labels: {
                alertname: "ApplicationDegraded",
                severity: "warning",
                application: "store-01-point-of-sale",
                device,
                site: device === "hub" ? "hub" : "boston",
                workload: "hub",
              },
              annotations: {
                summary: 'store-01-point-of-sale is degraded: no image "podinfo"',
              },
            }),
          ],
        },
      ]);
    },
  );
});
