import { expect, test } from "vitest";
import { isNamespaced, parseKind } from "../../../fleet/model/kinds.ts";

test.each([
  ["Service", [true]],
  ["Namespace", [false]],
  ["apps/Deployment", [true]],
  ["cert-manager.io/ClusterIssuer", [false]],
  ["cert-manager.io/Issuer", [true]],
  ["gateway.networking.k8s.io/GatewayClass", [false]],
  ["gateway.networking.k8s.io/HTTPRoute", [true]],
  ["snapshot.storage.k8s.io/VolumeSnapshotClass", [false]],
  ["storage.k8s.io/VolumeAttributesClass", [false]],
  ["traefik.io/IngressRoute", [true]],
  // Only the device knows. The second group is the name of a property of every object.
  ["example.com/Shop", [true, false]],
  ["constructor/Shop", [true, false]],
])("a kind has a namespace, or not: %s", (text, namespaced) => {
  expect(parseKind(text).map((kind) => kind.namespaced)).toEqual(namespaced);
});

test("a definition says whether its kind has a namespace", () => {
  const defined = [{ group: "example.com", kind: "Shop", namespaced: false }];
  expect(isNamespaced("example.com", "Shop", defined)).toBe(false);
  expect(isNamespaced("example.com", "Shop")).toBe(true);
});
