import { expect, test } from "vitest";
import { IdentityApplicationChart, IdentityChart } from "../../../gitops/argocd/identity.ts";
import { objectsOfChart } from "../objects.ts";

test("the hub's certificate lasts a day, and is renewed after half of it", () => {
  const objects = objectsOfChart((app) => new IdentityChart(app, "identity", { hubGeneration: 1 }));
  expect(objects["Issuer hub-client-ca"].spec).toEqual({ ca: { secretName: "hub-client-ca" } });
  expect(objects["Certificate fleet-client"].spec).toEqual({
    secretName: "fleet-client",
    commonName: "flotilla-hub",
    usages: ["digital signature", "client auth"],
    privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
    duration: "24h",
    renewBefore: "12h",
    issuerRef: { name: "hub-client-ca", kind: "Issuer", group: "cert-manager.io" },
  });
});

test("they have an Application of their own", () => {
  const repository = { url: "https://git.example.com/state.git", branch: "main" };
  const objects = objectsOfChart(
    (app) => new IdentityApplicationChart(app, "identity", { repository }),
  );
  expect(objects["Application identity"].spec).toMatchObject({
    project: "hub",
    source: { repoURL: repository.url, path: "hub/identity" },
  });
});

test("the next generation of the hub has another issuer, so cert-manager makes a new certificate", () => {
  const objects = objectsOfChart((app) => new IdentityChart(app, "identity", { hubGeneration: 2 }));
  expect(objects["Issuer hub-client-ca-g2"].spec.ca.secretName).toBe("hub-client-ca-g2");
  expect(objects["Certificate fleet-client"].spec.issuerRef.name).toBe("hub-client-ca-g2");
  expect(objects["Certificate fleet-client"].spec.secretName).toBe("fleet-client");
});
