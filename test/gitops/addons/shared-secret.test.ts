import { expect, test } from "vitest";
import { SharedSecret } from "../../../gitops/addons/shared-secret.ts";
import type { SharedSecretProps } from "../../../gitops/addons/shared-secret.ts";
import { objectsIn } from "./platform.ts";

function secret(changes: Partial<SharedSecretProps> = {}): unknown {
  const objects = objectsIn((chart) => {
    new SharedSecret(chart, "secret", {
      namespace: "argocd",
      name: "github",
      cloudSecret: "harbor-login",
      keys: { clientID: "clientId" },
      ...changes,
    });
  });
  return objects["ExternalSecret github"];
}

test("the keys of the Secret are fields of the secret in Google Secret Manager", () => {
  expect(secret()).toEqual({
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name: "github", namespace: "argocd" },
    spec: {
      refreshInterval: "1h",
      secretStoreRef: { kind: "ClusterSecretStore", name: "google-secret-manager" },
      target: { name: "github", creationPolicy: "Owner", deletionPolicy: "Retain" },
      data: [{ secretKey: "clientID", remoteRef: { key: "harbor-login", property: "clientId" } }],
    },
  });
});

test("without keys it has every field, under its own name", () => {
  const props = { namespace: "argocd", name: "github", cloudSecret: "harbor-bank" };
  const objects = objectsIn((chart) => new SharedSecret(chart, "secret", props));
  expect(objects["ExternalSecret github"]).toMatchObject({
    spec: { dataFrom: [{ extract: { key: "harbor-bank" } }] },
  });
});

test("it may have labels, by which Argo CD knows its own", () => {
  const labels = { "app.kubernetes.io/part-of": "argocd" };
  expect(secret({ labels })).toMatchObject({
    spec: { target: { template: { metadata: { labels } } } },
  });
});
