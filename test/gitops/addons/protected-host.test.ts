import { expect, test } from "vitest";
import { ProtectedHost } from "../../../gitops/addons/protected-host.ts";
import type { ProtectedHostProps } from "../../../gitops/addons/protected-host.ts";
import { objectsIn } from "./platform.ts";

const props = {
  host: "grafana.edge.harbor.example",
  namespace: "monitoring",
  service: "grafana",
  port: 80,
};

function ingress(changes: Partial<ProtectedHostProps> = {}): unknown {
  return objectsIn((chart) => new ProtectedHost(chart, "host", { ...props, ...changes }))[
    "Ingress grafana"
  ];
}

test("a host has TLS and sign-on", () => {
  expect(ingress()).toEqual({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name: "grafana",
      namespace: "monitoring",
      annotations: {
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "nginx.org/policies": "oauth2-proxy/sign-on",
        "nginx.org/websocket-services": "grafana",
        "nginx.org/client-max-body-size": "16m",
      },
    },
    spec: {
      ingressClassName: "nginx",
      tls: [{ hosts: ["grafana.edge.harbor.example"], secretName: "grafana-tls" }],
      rules: [
        {
          host: "grafana.edge.harbor.example",
          http: {
            paths: [
              {
                path: "/",
                pathType: "Prefix",
                backend: { service: { name: "grafana", port: { number: 80 } } },
              },
            ],
          },
        },
      ],
    },
  });
});

test("only a Service that authenticates is without sign-on", () => {
  expect(ingress({ signOn: false })).not.toHaveProperty([
    "metadata",
    "annotations",
    "nginx.org/policies",
  ]);
});
