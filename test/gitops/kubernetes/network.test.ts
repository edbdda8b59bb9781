import { expect, test } from "vitest";
import { anyHttps, NamespaceNetwork, type Peer } from "../../../gitops/kubernetes/network.ts";
import { objectsOf } from "../objects.ts";

function policy(from: readonly Peer[], to: readonly Peer[]) {
  const objects = objectsOf((chart) => {
    new NamespaceNetwork(chart, "network", { namespace: "tills", from, to });
  });
  return objects["NetworkPolicy default"];
}

const ownPods = { podSelector: {} };

test("without peers a namespace reaches itself, name servers and the metadata server only", () => {
  const { metadata, spec } = policy([], []);
  expect(metadata).toEqual({ name: "default", namespace: "tills" });
  expect(spec).toEqual({
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [ownPods] }],
    egress: [
      { to: [ownPods] },
      {
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
      {
        to: [
          { ipBlock: { cidr: "169.254.169.254/32" } },
          { ipBlock: { cidr: "169.254.169.252/32" } },
        ],
        ports: [80, 988, 987].map((port) => ({ protocol: "TCP", port })),
      },
    ],
  });
});

test("peers are namespaces, all namespaces, or anywhere", () => {
  const { ingress, egress } = policy(
    [
      { namespaces: ["monitoring"], ports: [9090] },
      { namespaces: "all", ports: [] },
    ],
    [anyHttps],
  ).spec;
  expect(ingress.slice(1)).toEqual([
    {
      from: [
        {
          namespaceSelector: {
            matchExpressions: [
              { key: "kubernetes.io/metadata.name", operator: "In", values: ["monitoring"] },
            ],
          },
        },
      ],
      ports: [{ protocol: "TCP", port: 9090 }],
    },
    // An empty selector matches every namespace; without `ports` every port is open.
    { from: [{ namespaceSelector: {} }] },
  ]);
  // Without `to`, anywhere.
  expect(egress.at(-1)).toEqual({ ports: [{ protocol: "TCP", port: 443 }] });
});
