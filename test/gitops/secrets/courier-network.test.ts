import { expect, test } from "vitest";
import { CourierNetwork } from "../../../gitops/secrets/courier-network.ts";
import { manifests } from "../../../gitops/kubernetes/manifests.ts";

const podLabels = { "app.kubernetes.io/name": "courier" };
const [own, gateways] = manifests("test", (chart) => {
  new CourierNetwork(chart, "network", { name: "courier", podLabels });
}) as any[];

const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});

test("the courier connects to API servers, gateways' proxies and name servers only", () => {
  expect(own.metadata.namespace).toBe("argocd");
  expect(own.spec).toEqual({
    podSelector: { matchLabels: podLabels },
    policyTypes: ["Ingress", "Egress"],
    egress: [
      {
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
      { ports: [443, 6443].map((port) => ({ protocol: "TCP", port })) },
      { ports: [{ protocol: "TCP", port: 3128 }], to: [inNamespace("flotilla-gateway")] },
    ],
  });
});

test("gateways admit the courier's pod, not its whole namespace", () => {
  expect(gateways.metadata.namespace).toBe("flotilla-gateway");
  expect(gateways.spec.ingress).toEqual([
    {
      ports: [{ protocol: "TCP", port: 3128 }],
      from: [{ ...inNamespace("argocd"), podSelector: { matchLabels: podLabels } }],
    },
  ]);
});
