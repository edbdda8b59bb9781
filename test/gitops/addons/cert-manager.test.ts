import { App } from "cdk8s";
import { expect, test } from "vitest";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { CertManager, certManager } from "../../../gitops/addons/cert-manager.ts";
import type { CertManagerProps } from "../../../gitops/addons/cert-manager.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";
import {
  applicationOf,
  common,
  mistakesIn,
  objectsOf,
  platformFleet,
  valuesOf,
} from "./platform.ts";

const issuer = {
  domain: "edge.harbor.example",
  email: "operators@harbor.example",
  dns01: { cloudDNS: { project: "harbor-edge-hub", hostedZoneName: "harbor-hub" } },
};

function addon(props: Partial<CertManagerProps> = {}): CertManager {
  return new CertManager(new App(), "cert-manager", { ...common(certManager), ...props });
}

test("certificates of hosts are from Let's Encrypt, by records in the fleet's own zone", () => {
  expect(objectsOf(addon({ issuer }))).toEqual({
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
});

test("its pods act as the account that may write records", () => {
  const accountAnnotations = { "iam.gke.io/gcp-service-account": "harbor-hub-certs@x.example" };
  expect(valuesOf(addon({ accountAnnotations }))["serviceAccount"]).toEqual({
    annotations: accountAnnotations,
  });
});

test("the server for tests has accounts of its own", () => {
  const objects = objectsOf(addon({ issuer: { ...issuer, staging: true } }));
  expect(objects["ClusterIssuer letsencrypt"]).toMatchObject({
    spec: {
      acme: {
        server: "https://acme-staging-v02.api.letsencrypt.org/directory",
        privateKeySecretRef: { name: "letsencrypt-staging" },
      },
    },
  });
});

test("without an issuer it has no objects of its own, and no path for Argo CD to miss", () => {
  expect(objectsOf(addon())).toEqual({});
  expect(applicationOf(addon()).spec.sources).toBeUndefined();
  expect(applicationOf(addon({ issuer })).spec.sources).toHaveLength(2);
  expect(valuesOf(addon())["serviceAccount"]).toBeUndefined();
});

test("a hub without a platform has it, and no other add-on", () => {
  const tree = synthesizeState(sampleFleet, samplePublicKeys);
  const paths = [...tree.keys()].filter((path) => path.startsWith("hub/platform/"));
  expect(paths).toEqual(["hub/platform/cert-manager.yaml"]);
});

test("Argo CD may create the issuer where there is one, and only there", () => {
  const projects = (fleet: Fleet): string =>
    synthesizeState(fleet, samplePublicKeys).get("hub/argocd/projects.yaml") ?? "";
  expect(projects(platformFleet())).toContain("kind: ClusterIssuer");
  expect(projects(sampleFleet)).not.toContain("kind: ClusterIssuer");
});

test("the server of the issuer is an option", () => {
  const fleet = platformFleet({ "cert-manager": { staging: true } });
  const tree = synthesizeState(fleet, samplePublicKeys);
  expect(tree.get("hub/platform/cert-manager/clusterissuer-letsencrypt.yaml")).toContain(
    "acme-staging-v02",
  );
});

test("it cannot be switched off, and has no other server", () => {
  expect(mistakesIn("cert-manager: { enabled: false }")).toEqual([
    '13:21: platform.addons.cert-manager.enabled: unknown key "enabled". Known keys: values, staging.',
  ]);
  expect(mistakesIn("cert-manager: { staging: 1 }")).toEqual([
    "13:30: platform.addons.cert-manager.staging: found 1. Write true or false.",
  ]);
});
