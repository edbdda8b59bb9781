import { expect, test } from "vitest";
import { WorkloadNetworkPolicy } from "../../../gitops/workloads/rendering-objects.ts";
import { objectsOf } from "../objects.ts";

test("a workload's namespace admits its own pods and K3s' ingress, and nothing else", () => {
  const objects = objectsOf((chart) => {
    new WorkloadNetworkPolicy(chart, "policy", { namespace: "point-of-sale", ring: "canary" });
  });
  expect(objects).toEqual({
    "NetworkPolicy default": {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: {
        name: "default",
        namespace: "point-of-sale",
        labels: {
          "app.kubernetes.io/managed-by": "flotilla",
          "app.kubernetes.io/name": "point-of-sale",
          "flotilla.dev/ring": "canary",
        },
      },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [
              { podSelector: {} },
              {
                namespaceSelector: {
                  matchExpressions: [
                    {
                      key: "kubernetes.io/metadata.name",
                      operator: "In",
                      values: ["kube-system"],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    },
  });
});
