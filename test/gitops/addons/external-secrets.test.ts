import { App } from "cdk8s";
import { expect, test } from "vitest";
import { ExternalSecrets, externalSecrets } from "../../../gitops/addons/external-secrets.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { hubCloud } from "../../../gitops/clouds/index.ts";
import { samplePublicKeys } from "../../sample.ts";
import { mistakesIn, objectsOf, parsed, platformFleet, valuesOf } from "./platform.ts";

const accountEmail = "harbor-hub-creds@harbor-edge-hub.iam.gserviceaccount.com";

const cloud = hubCloud("harbor", { provider: "google", project: "harbor-edge-hub" });

function addon(options: Readonly<Record<string, unknown>> = {}): ExternalSecrets {
  return new ExternalSecrets(new App(), "external-secrets", {
    ...parsed(externalSecrets, options),
    store: cloud.secretStore,
    accountAnnotations: cloud.accountAnnotations("creds"),
  });
}

test("the store is the project's Secret Manager, read as the operator's own account", () => {
  expect(objectsOf(addon())).toEqual({
    "ClusterSecretStore google-secret-manager": {
      apiVersion: "external-secrets.io/v1",
      kind: "ClusterSecretStore",
      metadata: { name: "google-secret-manager" },
      spec: { provider: { gcpsm: { projectID: "harbor-edge-hub" } } },
    },
  });
  expect(valuesOf(addon())["serviceAccount"]).toEqual({
    name: "external-secrets",
    annotations: { "iam.gke.io/gcp-service-account": accountEmail },
  });
});

test("Argo CD gets the login that its values name, with the label by which it reads it", () => {
  const state = synthesizeState(platformFleet(), samplePublicKeys);
  const login = state.get("hub/platform/external-secrets/externalsecret-argocd-login.yaml") ?? "";
  expect(login).toContain("namespace: argocd");
  expect(login).toContain("app.kubernetes.io/part-of: argocd");
  const argoCd = state.get("hub/argocd/values.yaml") ?? "";
  const keys = [...argoCd.matchAll(/\$argocd-login:(\w+)/g)].map(([, key]) => key);
  expect(keys).toHaveLength(2);
  for (const key of keys) expect(login).toContain(`secretKey: ${key}\n`);
});

test("every container has limits, whatever the values say about others", () => {
  const limits = { memory: "256Mi" };
  const values = { webhook: { resources: { limits: { memory: "1Gi" } } } };
  expect(valuesOf(addon({ values }))).toMatchObject({
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
