import { App } from "cdk8s";
import { expect, test } from "vitest";
import { Oauth2Proxy, oauth2Proxy } from "../../../gitops/addons/oauth2-proxy.ts";
import type { Oauth2ProxyProps } from "../../../gitops/addons/oauth2-proxy.ts";
import { mistakesIn, networkOf, objectsOf, parsed, valuesOf } from "./platform.ts";

type Options = Readonly<Record<string, unknown>>;

function addon(options: Options = {}, changes: Partial<Oauth2ProxyProps> = {}): Oauth2Proxy {
  return new Oauth2Proxy(new App(), "oauth2-proxy", {
    ...parsed(oauth2Proxy, options),
    domain: "edge.harbor.example",
    organization: "harbor",
    podsRange: "192.168.0.0/18",
    cloudSecret: "harbor-login",
    ...changes,
  });
}

const values = (options: Options = {}) => valuesOf(addon(options));

test("members of the organization sign in, once for every host", () => {
  expect(values()).toMatchObject({
    extraArgs: {
      provider: "github",
      "github-org": "harbor",
      "cookie-domain": ".edge.harbor.example",
      "whitelist-domain": ".edge.harbor.example",
      "cookie-expire": "24h",
    },
  });
});

test("it goes back to the host that one came from, on the word of the cluster's own pods only", () => {
  const { extraArgs } = values() as { extraArgs: Record<string, string> };
  expect(extraArgs).toMatchObject({
    "reverse-proxy": "true",
    "trusted-proxy-ip": "192.168.0.0/18",
  });
  expect(extraArgs["redirect-url"]).toBeUndefined();
});

test("no secret is among its values", () => {
  expect(values()).toMatchObject({ config: { existingSecret: "login" } });
  for (const key of ["clientID", "clientSecret", "cookieSecret"]) {
    expect(values()["config"]).not.toHaveProperty(key);
  }
});

test("its objects: the policy, its Secret, and a host that anybody may open", () => {
  expect(objectsOf(addon())).toMatchObject({
    "Policy sign-on": {
      apiVersion: "k8s.nginx.org/v1",
      metadata: { namespace: "oauth2-proxy" },
      spec: {
        externalAuth: {
          authServiceName: "oauth2-proxy/oauth2-proxy",
          authServicePorts: [80],
          authURI: "/oauth2/auth",
          authSigninURI: "/oauth2/sign_in",
        },
      },
    },
    "ExternalSecret login": {
      metadata: { namespace: "oauth2-proxy" },
      spec: {
        target: { name: "login" },
        data: [
          { secretKey: "client-id", remoteRef: { key: "harbor-login", property: "clientId" } },
          {
            secretKey: "client-secret",
            remoteRef: { key: "harbor-login", property: "clientSecret" },
          },
          {
            secretKey: "cookie-secret",
            remoteRef: { key: "harbor-login", property: "cookieSecret" },
          },
        ],
      },
    },
    "Ingress oauth2-proxy": { spec: { rules: [{ host: "login.edge.harbor.example" }] } },
  });
  const ingress = objectsOf(addon())["Ingress oauth2-proxy"];
  expect(JSON.stringify(ingress)).not.toContain("nginx.org/policies");
});

test("without the ingress controller it writes nothing of a kind that comes with it", () => {
  const objects = objectsOf(addon({}, { hasIngress: false }));
  expect(Object.keys(objects)).toEqual(["ExternalSecret login"]);
});

test("its options reach the chart, and free values lie over it", () => {
  const options = {
    replicas: 1,
    sessionHours: 8,
    values: { extraArgs: { "cookie-expire": "1h" } },
  };
  expect(values(options)).toMatchObject({
    replicaCount: 1,
    podDisruptionBudget: { enabled: false },
    extraArgs: { "cookie-expire": "1h", provider: "github" },
  });
  expect(values({ sessionHours: 8 })).toMatchObject({ extraArgs: { "cookie-expire": "8h" } });
});

test("only the ingress controller reaches it", () => {
  expect(networkOf(addon()).from).toEqual([{ namespaces: ["nginx-ingress"], ports: [4180] }]);
});

test("a session has an end", () => {
  expect(mistakesIn("oauth2-proxy: { sessionHours: 1000 }")).toEqual([
    "13:35: platform.addons.oauth2-proxy.sessionHours: 1000 is too large. Write at most 720.",
  ]);
});
