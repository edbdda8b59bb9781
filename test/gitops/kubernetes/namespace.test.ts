import { expect, test } from "vitest";
import { Namespace } from "../../../gitops/kubernetes/namespace.ts";
import { objectsOf } from "../objects.ts";

test("a namespace has its own labels and its level of pod security", () => {
  const objects = objectsOf((chart) => {
    const labels = { team: "tills" };
    new Namespace(chart, "namespace", { name: "tills", podSecurity: "baseline", labels });
  });
  expect(objects["Namespace tills"]).toEqual({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: "tills",
      labels: { "pod-security.kubernetes.io/enforce": "baseline", team: "tills" },
    },
  });
});
