/**
 * External Secrets: secrets that must not be in Git come from Google Secret Manager, or from the store
 * of an existing cluster.
 *
 * A secret's name there is `<fleet>-<purpose>`, and its newest version is a JSON object. The
 * operator's account can read secrets with the fleet's name in front, and no others.
 *
 * Values: the chart's values.yaml, values.schema.json, templates and definitions at 2.9.0, and its
 * page on Google Secret Manager (a store without `auth` uses the operator's own account), read on
 * 2026-11-23.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import { argoNamespace, cloudSecretName, podAccounts } from "../../fleet/model/contract.ts";
import type { Values } from "../../fleet/model/values.ts";
import { argoCdLoginSecret } from "../argocd/web-interface.ts";
import { ClusterSecretStore } from "../imports/external-secrets.io.ts";
import type { HubCloud } from "../clouds/cloud.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import { secretsAddon } from "./names.ts";
import { SharedSecret, type SharedSecretProps } from "./shared-secret.ts";

const account = podAccounts.creds;

export const externalSecrets = defineAddon({
  name: secretsAddon,
  description: "Secrets from Google Secret Manager, or from your own ClusterSecretStore.",
  options: z.strictObject(commonOptions),
  chart: {
    name: "external-secrets",
    repository: "https://charts.external-secrets.io",
    version: "2.9.0",
  },
  create: (scope, { fleet, cloud, workloadSecrets = [] }, props) =>
    new ExternalSecrets(scope, secretsAddon, {
      ...props,
      store: cloud.secretStore,
      accountAnnotations: cloud.accountAnnotations("creds"),
      secrets: [argoCdLogin(fleet), ...workloadSecrets],
    }),
});

/** Argo CD is not an add-on: it exists before the kind of this object. */
function argoCdLogin(fleet: string): SharedSecretProps {
  return {
    namespace: argoNamespace,
    name: argoCdLoginSecret,
    cloudSecret: cloudSecretName(fleet, "login"),
    keys: { clientId: "clientId", clientSecret: "clientSecret" },
    // Argo CD reads only Secrets with this label.
    labels: { "app.kubernetes.io/part-of": "argocd" },
  };
}

export interface ExternalSecretsProps extends AddonProps {
  /** The ClusterSecretStore; without a provider it is not made here. */
  readonly store: HubCloud["secretStore"];
  /** Annotations of its service account, with which it may read the secrets. */
  readonly accountAnnotations: Readonly<Record<string, string>>;
  /** Secrets for namespaces that no add-on owns. @default none */
  readonly secrets?: readonly SharedSecretProps[];
}

export class ExternalSecrets extends Addon {
  constructor(scope: Construct, id: string, props: ExternalSecretsProps) {
    const { store, accountAnnotations, secrets = [] } = props;
    super(scope, id, {
      ...props,
      name: secretsAddon,
      namespace: account.namespace,
      // Its webhook.
      from: [{ ports: [10250] }],
      to: [anyHttps],
      wave: 0,
      defaults: {
        ...defaults,
        serviceAccount: {
          name: account.name,
          ...(Object.keys(accountAnnotations).length > 0 && { annotations: accountAnnotations }),
        },
      },
    });
    if (store.provider !== undefined) {
      new ClusterSecretStore(this.objects, "store", {
        metadata: { name: store.name },
        spec: { provider: store.provider },
      });
    }
    for (const secret of secrets) new SharedSecret(this.objects, secret.name, secret);
  }
}

const resources = podResources("10m", 64, 256);

const defaults: Values = {
  // Secrets are read for single namespaces, and nothing is written back to Google.
  processClusterExternalSecret: false,
  processClusterPushSecret: false,
  processPushSecret: false,
  crds: {
    createClusterExternalSecret: false,
    createClusterPushSecret: false,
    createPushSecret: false,
  },
  rbac: { servicebindings: { create: false } },
  openshiftFinalizers: false,
  resources,
  webhook: { resources },
  certController: { resources },
};
