import { expect, test } from "vitest";
import {
  closest,
  expandName,
  fleetOfServerName,
  serverName,
  deviceNameProblem,
} from "../../../fleet/model/names.ts";

test("a range counts with the width that it is written in", () => {
  expect(expandName("store-{0008..0011}")).toEqual([
    "store-0008",
    "store-0009",
    "store-0010",
    "store-0011",
  ]);
  expect(expandName("line-{9..11}-press")).toEqual([
    "line-9-press",
    "line-10-press",
    "line-11-press",
  ]);
  expect(expandName("depot")).toEqual(["depot"]);
});

test("the hub verifies a device by a name under .internal", () => {
  expect(serverName("harbor", "store-01", 1)).toBe("store-01.harbor.internal");
  expect(serverName("harbor", "store-01", 2)).toBe("store-01.g2.harbor.internal");
  for (const generation of [1, 2, 10]) {
    expect(fleetOfServerName(serverName("harbor", "store-01", generation))).toBe("harbor");
  }
  expect(fleetOfServerName("store-01.example.com")).toBeUndefined();
});

test.each([
  ["stabel", "stable"],
  ["store-1", "store-01"],
  ["canary", "canary"],
  ["zzz", undefined],
])("closest to %s is %s", (word, near) => {
  expect(closest(word, ["canary", "early", "stable", "store-01"])).toBe(near);
});

test.each([
  "argocd-secret",
  "argocd-{1..3}",
  "chart-login-0123456789ab",
  "fleet-client",
  "fleet-repository",
  "hub-client-ca",
  "hub-client-ca-g{2..5}",
  "in-cluster",
])("a device is not called like a Secret of Argo CD: %s", (name) => {
  expect(deviceNameProblem(name)).toMatch(
    /cannot be the name of a device: Argo CD or the hub has a Secret or a cluster of this name\. Write another name\.$/,
  );
});

test.each(["argocd", "fleet-client-1", "hub-client-cafe", "my-argocd-1", "chart-login-{1..9}"])(
  "but like %s",
  (name) => {
    expect(deviceNameProblem(name)).toBeUndefined();
  },
);
