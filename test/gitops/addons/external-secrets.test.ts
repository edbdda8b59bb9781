import { expect, test } from "vitest";
import { externalSecrets, SharedSecret } from "../../../gitops/addons/external-secrets.ts";
import type { SharedSecretProps } from "../../../gitops/addons/external-secrets.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { samplePublicKeys } from "../../sample.ts";
import { manifests } from "../../../gitops/kubernetes/manifests.ts";
import { platformFleet, mistakesIn, objectsOf } from "./platform.ts";

function shared(changes: Partial<SharedSecretProps> = {}): readonly unknown[] {
  const built = manifests("state", (scope) => {
    new SharedSecret(scope, "secret", {
      fleet: platformFleet(),
      namespace: "argocd",
      name: "github",
      from: "login",
      keys: { clientID: "clientId" },
      ...changes,
    });
  });
  return JSON.parse(JSON.stringify(built)) as unknown[];
}

test("the store is the project's Secret Manager, read as the operator's own account", () => {
  const objects = objectsOf(externalSecrets, platformFleet());
  expect(objects["ClusterSecretStore google-secret-manager"]).toEqual({
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name: "google-secret-manager" },
    spec: { provider: { gcpsm: { projectID: "harbor-edge-hub" } } },
  });
  expect(externalSecrets.release(platformFleet()).values["serviceAccount"]).toEqual({
    name: "external-secrets",
    annotations: {
      "iam.gke.io/gcp-service-account": "harbor-hub-creds@harbor-edge-hub.iam.gserviceaccount.com",
    },
  });
});

test("Argo CD gets the login that its values name, with the label by which it reads it", () => {
  const objects = objectsOf(externalSecrets, platformFleet());
  expect(objects["ExternalSecret argocd-login"]).toMatchObject({
    metadata: { namespace: "argocd" },
    spec: {
      target: {
        name: "argocd-login",
        template: { metadata: { labels: { "app.kubernetes.io/part-of": "argocd" } } },
      },
    },
  });
  const state = synthesizeState(platformFleet(), samplePublicKeys);
  const argoCd = state.get("hub/argocd/values.yaml") ?? "";
  for (const [, key] of argoCd.matchAll(/\$argocd-login:(\w+)/g)) {
    expect(JSON.stringify(objects["ExternalSecret argocd-login"])).toContain(
      `"secretKey":"${key}"`,
    );
  }
  expect.assertions(3);
});

test("a Secret's keys are fields of the fleet's secret for that purpose", () => {
  expect(shared()).toEqual([
    {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: { name: "github", namespace: "argocd" },
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "ClusterSecretStore", name: "google-secret-manager" },
        target: { name: "github", creationPolicy: "Owner", deletionPolicy: "Retain" },
        data: [{ secretKey: "clientID", remoteRef: { key: "harbor-login", property: "clientId" } }],
      },
    },
  ]);
});

test("a Secret may have labels, by which Argo CD knows its own", () => {
  const labels = { "app.kubernetes.io/part-of": "argocd" };
  expect(shared({ labels })).toMatchObject([
    { spec: { target: { template: { metadata: { labels } } } } },
  ]);
});

test("switched off, it asks for nothing: the operator makes the Secrets", () => {
  const fleet = platformFleet({ "external-secrets": { enabled: false } });
  expect(shared({ fleet })).toEqual([]);
  expect(externalSecrets.enabled(fleet)).toBe(false);
});

test("every container has limits, whatever the values say of others", () => {
  const limits = { memory: "256Mi" };
  const values = { webhook: { resources: { limits: { memory: "1Gi" } } } };
  const fleet = platformFleet({ "external-secrets": { values } });
  expect(externalSecrets.release(fleet).values).toMatchObject({
    resources: { limits },
    webhook: { resources: { requests: { cpu: "10m" }, limits: { memory: "1Gi" } } },
    certController: { resources: { limits } },
  });
});

test("values are a mapping", () => {
  expect(mistakesIn("external-secrets: { values: 7 }")).toEqual([
    "13:33: platform.addons.external-secrets.values: found 7. Write a mapping.",
  ]);
});
