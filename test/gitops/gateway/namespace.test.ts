import { expect, test } from "vitest";
import { GatewayNamespaceChart } from "../../../gitops/gateway/namespace.ts";
import { objectsOfChart } from "../objects.ts";

test("a pod in the gateways' namespace may connect to nothing by default", () => {
  const objects = objectsOfChart((app) => new GatewayNamespaceChart(app, "namespace"));
  expect(objects["Namespace flotilla-gateway"].metadata.labels).toEqual({
    "pod-security.kubernetes.io/enforce": "privileged",
  });
  expect(objects["NetworkPolicy default"].spec).toEqual({
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
  });
});
