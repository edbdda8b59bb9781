import { expect, test } from "vitest";
import { enabledAddons, parseAddons } from "../../../gitops/addons/index.ts";
import { sampleFleet, samplePlatform } from "../../sample.ts";

function names(addons?: Readonly<Record<string, unknown>>): readonly string[] {
  const platform = addons === undefined ? null : { ...samplePlatform, addons: parseAddons(addons) };
  return enabledAddons({ ...sampleFleet, platform }).map(({ name }) => name);
}

test("without a platform the hub has what enrolment needs", () => {
  expect(names()).toEqual(["cert-manager"]);
});

test("with one it has everything, in the order of the registry", () => {
  expect(names({})).toEqual([
    "cert-manager",
    "external-secrets",
    "nginx-ingress",
    "external-dns",
    "oauth2-proxy",
    "node-exporter",
    "prometheus",
    "elasticsearch",
    "fluent-bit",
  ]);
});

test("an add-on that is switched off takes along what makes no sense without it", () => {
  const without = names({ elasticsearch: { enabled: false } });
  expect(names({}).filter((name) => !without.includes(name))).toEqual([
    "elasticsearch",
    "fluent-bit",
  ]);
  expect(names({ "cert-manager": { values: { replicaCount: 2 } } })).toContain("cert-manager");
});
