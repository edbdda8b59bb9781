import { App } from "cdk8s";
import { expect, test } from "vitest";
import { ExternalDns, externalDns } from "../../../gitops/addons/external-dns.ts";
import { hubCloud } from "../../../gitops/clouds/index.ts";
import { mistakesIn, parsed, valuesOf } from "./platform.ts";

const accountEmail = "harbor-hub-dns@harbor-edge-hub.iam.gserviceaccount.com";

const cloud = hubCloud("harbor", { provider: "google", project: "harbor-edge-hub" });

function addon(options: Readonly<Record<string, unknown>> = {}): ExternalDns {
  return new ExternalDns(new App(), "external-dns", {
    ...parsed(externalDns, options),
    domain: "edge.harbor.example",
    dnsValues: cloud.dnsValues!,
    owner: "harbor",
    accountAnnotations: cloud.accountAnnotations("dns"),
  });
}

const values = (options: Readonly<Record<string, unknown>> = {}) => valuesOf(addon(options));

test("it writes records of hosts in the fleet's own zone, under the fleet's name", () => {
  expect(values()).toMatchObject({
    provider: { name: "google" },
    sources: ["ingress"],
    domainFilters: ["edge.harbor.example"],
    policy: "sync",
    txtOwnerId: "harbor",
    extraArgs: { "google-project": "harbor-edge-hub", "ingress-class": "nginx" },
  });
});

test("it acts as the account that infra/ lets its pods act as", () => {
  expect(addon().targetNamespace).toBe("external-dns");
  expect(values()["serviceAccount"]).toEqual({
    name: "external-dns",
    annotations: {
      "iam.gke.io/gcp-service-account": accountEmail,
    },
  });
});

test("records may stay behind, and free values lie over it", () => {
  expect(values({ removeRecords: false })).toMatchObject({ policy: "upsert-only" });
  expect(values({ values: { interval: "5m", txtOwnerId: "pine" } })).toMatchObject({
    interval: "5m",
    txtOwnerId: "pine",
    policy: "sync",
  });
});

test("a value that is neither true nor false is refused", () => {
  expect(mistakesIn("external-dns: { removeRecords: perhaps }")).toEqual([
    '13:36: platform.addons.external-dns.removeRecords: found "perhaps". Write true or false.',
  ]);
});
