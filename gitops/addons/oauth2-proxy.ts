/**
 * oauth2-proxy: sign-on for the hub's pages by GitHub, for members of one organization.
 *
 * Every page has oauth2-proxy below /oauth2 of its own host (see page.ts), so the browser comes back
 * from GitHub to the host that it left: GitHub takes any host below the one of the OAuth app's
 * callback URL, https://<domain>/ ("Authorizing OAuth apps", redirect URLs). The cookie holds for
 * the whole domain, so signing in once does for all. https://login.<domain> is for signing out, at
 * /oauth2/sign_out.
 *
 * Values: the chart's values.yaml and templates at 10.7.0 (it has no schema), flags: oauth2-proxy's
 * docs/configuration at v7.15.3, both read on 2026-11-23.
 */
import { hasAddon } from "../../fleet/model/addons.ts";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { z } from "zod";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { addon, commonOptions } from "./addon.ts";
import { SharedSecret } from "./external-secrets.ts";
import { ingressAddon, ingressClass, loginAddon, signOnPolicy } from "./names.ts";
import { Page } from "./page.ts";

const secretName = "login";
const proxyPort = 4180;
/** Of its Service. */
const port = 80;

const schema = z.strictObject({
  ...commonOptions,
  replicas: z.int().min(1).max(10).default(2).describe("Pods that answer."),
  sessionHours: z
    .int()
    .min(1)
    .max(720)
    .default(24)
    .describe("Hours after which one signs in again; who left the organization is out by then."),
});

export const oauth2Proxy = addon({
  name: loginAddon,
  description: "Sign-on by GitHub in front of the hub's pages.",
  namespace: { name: loginAddon, podSecurity: "restricted" },
  network: () => ({
    from: [{ namespaces: [ingressAddon], ports: [proxyPort] }],
    // GitHub.
    to: [anyHttps],
  }),
  wave: 2,
  options: schema,
  chart: {
    name: "oauth2-proxy",
    repository: "https://oauth2-proxy.github.io/manifests",
    version: "10.7.0",
  },
  release: ({ fleet, options }) => ({
    name: loginAddon,
    values: values(fleet, options),
  }),
  objects: (scope, { fleet }) => {
    new SharedSecret(scope, "secret", {
      fleet,
      namespace: loginAddon,
      name: secretName,
      from: "login",
      keys: {
        "client-id": "clientId",
        "client-secret": "clientSecret",
        "cookie-secret": "cookieSecret",
      },
    });
    if (hasAddon(fleet, ingressAddon)) new SignOn(scope, "sign-on");
    new Page(scope, "page", {
      fleet,
      host: loginHost(fleet),
      namespace: loginAddon,
      service: loginAddon,
      port,
      // It is what asks.
      signOn: false,
    });
  },
});

export function loginHost({ domain }: Fleet): string {
  return `login.${domain}`;
}

class SignOn extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ApiObject(this, "policy", {
      apiVersion: "k8s.nginx.org/v1",
      kind: "Policy",
      metadata: { name: signOnPolicy.name, namespace: signOnPolicy.namespace },
      spec: {
        ingressClassName: ingressClass,
        externalAuth: {
          authServiceName: `${loginAddon}/${loginAddon}`,
          authServicePorts: [port],
          authURI: "/oauth2/auth",
          // The page with the button: the controller keeps the status 401, and browsers follow a
          // redirect by no other status than its own.
          authSigninURI: "/oauth2/sign_in",
          authSigninRedirectBasePath: "/oauth2",
        },
      },
    });
  }
}

function values(
  { domain, platform, cloud }: Fleet,
  { replicas, sessionHours }: z.output<typeof schema>,
): Record<string, unknown> {
  const organization = platform?.login.github.organization;
  return {
    replicaCount: replicas,
    config: {
      existingSecret: secretName,
      cookieName: "__Secure-login",
      // Membership of the organization decides, not the address.
      emailDomains: ["*"],
      // Whoever opens the login host itself.
      upstreams: ["static://200"],
    },
    extraArgs: {
      provider: "github",
      "github-org": organization,
      "cookie-domain": `.${domain}`,
      "cookie-secure": "true",
      "cookie-samesite": "lax",
      "cookie-expire": `${sessionHours}h`,
      "whitelist-domain": `.${domain}`,
      "reverse-proxy": "true",
      "trusted-proxy-ip": cloud.network.pods,
    },
    // It asks nothing of the cluster.
    serviceAccount: { automountServiceAccountToken: false },
    podDisruptionBudget: { enabled: replicas > 1 },
    metrics: { enabled: false },
    service: { portNumber: port },
    // No Redis here.
    initContainers: { waitForRedis: { enabled: false } },
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
  };
}
