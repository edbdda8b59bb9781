import { expect, test } from "vitest";
import { certManager } from "../../../gitops/addons/cert-manager.ts";
import { enabledAddons } from "../../../gitops/addons/index.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { platformFleet, mistakesIn, objectsOf } from "./platform.ts";

test("the pages' certificates are Let's Encrypt's, by records in the fleet's own zone", () => {
  expect(objectsOf(certManager, platformFleet())).toEqual({
    "ClusterIssuer letsencrypt": {
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: "letsencrypt" },
      spec: {
        acme: {
          server: "https://acme-v02.api.letsencrypt.org/directory",
          email: "operators@harbor.example",
          privateKeySecretRef: { name: "letsencrypt" },
          solvers: [
            {
              selector: { dnsZones: ["edge.harbor.example"] },
              dns01: { cloudDNS: { project: "harbor-edge-hub", hostedZoneName: "harbor-hub" } },
            },
          ],
        },
      },
    },
  });
  expect(certManager.release(platformFleet()).values["serviceAccount"]).toEqual({
    annotations: {
      "iam.gke.io/gcp-service-account": "harbor-hub-certs@harbor-edge-hub.iam.gserviceaccount.com",
    },
  });
});

test("the server for trials has an account of its own", () => {
  const fleet = platformFleet({ "cert-manager": { staging: true } });
  expect(objectsOf(certManager, fleet)["ClusterIssuer letsencrypt"]).toMatchObject({
    spec: {
      acme: {
        server: "https://acme-staging-v02.api.letsencrypt.org/directory",
        privateKeySecretRef: { name: "letsencrypt-staging" },
      },
    },
  });
});

test("without a platform it has no objects of its own, and no path for Argo CD to miss", () => {
  expect(enabledAddons(sampleFleet)).toEqual([certManager]);
  expect(certManager.release(sampleFleet).values["serviceAccount"]).toBeUndefined();
  const tree = synthesizeState(sampleFleet, samplePublicKeys);
  expect([...tree.keys()].filter((path) => path.startsWith("hub/platform/cert-manager/"))).toEqual(
    [],
  );
  expect(tree.get("hub/platform/cert-manager.yaml")).not.toMatch(/^ *sources:/m);
});

test("Argo CD may make the issuer where there is one, and only there", () => {
  const projects = (fleet: typeof sampleFleet): string =>
    synthesizeState(fleet, samplePublicKeys).get("hub/argocd/projects.yaml") ?? "";
  expect(projects(platformFleet())).toContain("kind: ClusterIssuer");
  expect(projects(sampleFleet)).not.toContain("kind: ClusterIssuer");
});

test("it can't be switched off, and has no other server", () => {
  expect(mistakesIn("cert-manager: { enabled: false }")).toEqual([
    '13:21: platform.addons.cert-manager.enabled: unknown key "enabled". Known keys: values, staging.',
  ]);
  expect(mistakesIn("cert-manager: { staging: 1 }")).toEqual([
    "13:30: platform.addons.cert-manager.staging: found 1. Write true or false.",
  ]);
});
