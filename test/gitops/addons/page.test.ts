import { Chart } from "cdk8s";
import { expect, test } from "vitest";
import { loginAddon, signOnPolicy } from "../../../gitops/addons/names.ts";
import { Page } from "../../../gitops/addons/page.ts";
import type { PageProps } from "../../../gitops/addons/page.ts";
import { manifests } from "../../../gitops/kubernetes/manifests.ts";
import { platformFleet } from "./platform.ts";

const props = {
  fleet: platformFleet(),
  host: "grafana.edge.harbor.example",
  namespace: "monitoring",
  service: "grafana",
  port: 80,
};

function page(changes: Partial<PageProps> = {}): readonly unknown[] {
  const built = manifests("state", (scope: Chart) => {
    new Page(scope, "page", { ...props, ...changes });
  });
  return JSON.parse(JSON.stringify(built)) as unknown[];
}

test("a page has TLS, sign-on and one host", () => {
  expect(page()).toEqual([
    {
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
    },
  ]);
});

test("only a Service that asks by itself is without sign-on", () => {
  const [ingress] = page({ signOn: false });
  expect(ingress).not.toHaveProperty(["metadata", "annotations", "nginx.org/policies"]);
});

test("without oauth2-proxy a page stays shut: the policy that it names is not there", () => {
  const fleet = platformFleet({ [loginAddon]: { enabled: false } });
  expect(page({ fleet })).toEqual(page());
  expect(JSON.stringify(page({ fleet }))).toContain(signOnPolicy.reference);
});

test("without the ingress controller there is no page", () => {
  expect(page({ fleet: platformFleet({ "nginx-ingress": { enabled: false } }) })).toEqual([]);
});
