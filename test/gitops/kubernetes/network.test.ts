import { load } from "js-yaml";
import { expect, test } from "vitest";
import { synthesizeState } from "../../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";

const tree = synthesizeState(sampleFleet, samplePublicKeys);

test("a workload's namespace lets in its own pods and K3s' ingress, and nobody else", () => {
  const text = tree.get("edge/point-of-sale/canary/networkpolicy-default.yaml") ?? "";
  const inKubeSystem = {
    key: "kubernetes.io/metadata.name",
    operator: "In",
    values: ["kube-system"],
  };
  expect(load(text)).toMatchObject({
    metadata: { name: "default", namespace: "point-of-sale" },
    spec: {
      podSelector: {},
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [{ podSelector: {} }, { namespaceSelector: { matchExpressions: [inKubeSystem] } }],
        },
      ],
    },
  });
});
