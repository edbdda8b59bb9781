/**
 * oauth2-proxy: sign-on with GitHub at the hub's hosts, for members of one organization.
 *
 * Every protected host serves oauth2-proxy below /oauth2 (see protected-host.ts), so GitHub sends the
 * browser back to the host that it came from: GitHub accepts any host below that of the OAuth app's
 * callback URL, https://<domain>/ ("Authorizing OAuth apps", redirect URLs). The cookie is valid for
 * the whole domain: who signed in once is signed in at every host. To sign out, open /oauth2/sign_out
 * at https://login.<domain>.
 *
 * Values: the chart's values.yaml and templates at 10.7.0 (it has no schema), flags: oauth2-proxy's
 * docs/configuration at v7.15.3, both read on 2026-11-23.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { cloudSecretName } from "../../fleet/model/contract.ts";
import type { Values } from "../../fleet/model/values.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import { ingressAddon, ingressClass, loginAddon, secretsAddon, signOnPolicy } from "./names.ts";
import { NginxPolicy } from "./nginx-policy.ts";
import { ProtectedHost } from "./protected-host.ts";
import { SharedSecret } from "./shared-secret.ts";

/** The Secret with the GitHub application's id and secret, and the key of the cookies. */
const secretName = "login";
const proxyPort = 4180;
const servicePort = 80;

export const oauth2Proxy = defineAddon({
  name: loginAddon,
  description: "Sign-on with GitHub at the hub's web interfaces.",
  options: z.strictObject({
    ...commonOptions,
    replicas: z.int().min(1).max(10).default(2).describe("Number of pods."),
    sessionHours: z
      .int()
      .min(1)
      .max(720)
      .default(24)
      .describe("Hours until users must sign in again; former members lose access by then."),
  }),
  chart: {
    name: "oauth2-proxy",
    repository: "https://oauth2-proxy.github.io/manifests",
    version: "10.7.0",
  },
  create: (scope, { fleet, domain, login, podsRange, has }, props) =>
    new Oauth2Proxy(scope, loginAddon, {
      ...props,
      domain,
      podsRange,
      organization: login.github.organization,
      ...(has(secretsAddon) && { cloudSecret: cloudSecretName(fleet, "login") }),
      hasIngress: has(ingressAddon),
    }),
});

export interface Oauth2ProxyProps extends AddonProps {
  /** The domain of the hosts. */
  readonly domain: string;
  /** The GitHub organization whose members get through. */
  readonly organization: string;
  /** IPv4 range of the cluster's pods: of them the ingress controller's headers are trusted. */
  readonly podsRange: string;
  /** Number of pods. */
  readonly replicas: number;
  /** Hours until users must sign in again. */
  readonly sessionHours: number;
  /**
   * Name in Google Secret Manager of the secret with `clientId`, `clientSecret` and `cookieSecret`.
   * @default you create the Secret `login` in its namespace
   */
  readonly cloudSecret?: string;
  /** Whether F5 NGINX Ingress Controller is there, and its Policy. @default true */
  readonly hasIngress?: boolean;
}

export class Oauth2Proxy extends Addon {
  constructor(scope: Construct, id: string, props: Oauth2ProxyProps) {
    super(scope, id, {
      ...props,
      name: loginAddon,
      namespace: loginAddon,
      from: [{ namespaces: [ingressAddon], ports: [proxyPort] }],
      // GitHub.
      to: [anyHttps],
      wave: 2,
      defaults: defaults(props),
    });
    const { domain, cloudSecret, hasIngress = true } = props;
    if (cloudSecret !== undefined) {
      new SharedSecret(this.objects, "secret", {
        namespace: loginAddon,
        name: secretName,
        cloudSecret,
        keys: {
          "client-id": "clientId",
          "client-secret": "clientSecret",
          "cookie-secret": "cookieSecret",
        },
      });
    }
    if (!hasIngress) return;
    new SignOn(this.objects, "sign-on");
    new ProtectedHost(this.objects, "host", {
      host: `login.${domain}`,
      namespace: loginAddon,
      service: loginAddon,
      port: servicePort,
      // It is the sign-on.
      signOn: false,
    });
  }
}

/** The Policy by which the ingress controller asks oauth2-proxy about each request. */
class SignOn extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new NginxPolicy(this, "policy", {
      metadata: { name: signOnPolicy.name, namespace: signOnPolicy.namespace },
      spec: {
        ingressClassName: ingressClass,
        externalAuth: {
          authServiceName: `${loginAddon}/${loginAddon}`,
          authServicePorts: [servicePort],
          authURI: "/oauth2/auth",
          // The page with the button. The controller answers 401 with it, and a browser follows a
          // redirect only with a status of its own.
          authSigninURI: "/oauth2/sign_in",
          authSigninRedirectBasePath: "/oauth2",
        },
      },
    });
  }
}

function defaults(props: Oauth2ProxyProps): Values {
  const { domain, organization, podsRange, replicas, sessionHours } = props;
  return {
    replicaCount: replicas,
    config: {
      existingSecret: secretName,
      cookieName: "__Secure-login",
      // Membership of the organization decides, not the address.
      emailDomains: ["*"],
      // For a browser that opens the login host itself.
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
      "trusted-proxy-ip": podsRange,
    },
    // It does not use the API server.
    serviceAccount: { automountServiceAccountToken: false },
    podDisruptionBudget: { enabled: replicas > 1 },
    metrics: { enabled: false },
    service: { portNumber: servicePort },
    // There is no Redis.
    initContainers: { waitForRedis: { enabled: false } },
    resources: podResources("10m", 32, 128),
  };
}
