/**
 * External Secrets: what must not stand in Git comes from Google Secret Manager.
 *
 * A secret's name there is `<fleet>-<purpose>`, and its newest version is a JSON object. The
 * operator's account may read those with this fleet's name in front and no others.
 *
 * Values: the chart's values.yaml, values.schema.json, templates and definitions at 2.9.0, and its
 * page on Google Secret Manager (a store without `auth` takes the operator's own account), read on
 * 2026-11-23.
 */
import { hasAddon } from "../../fleet/model/addons.ts";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { z } from "zod";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { argoNamespace, cloudSecretName } from "../../fleet/model/contract.ts";
import { argoCdLoginSecret } from "../argocd/web-interface.ts";
import { workloadSecrets } from "../secrets/secrets.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { addon, commonOptions } from "./addon.ts";
import { accountAnnotation } from "./google-account.ts";
import { secretsAddon, secretStore } from "./names.ts";

const apiVersion = "external-secrets.io/v1";

export const externalSecrets = addon({
  name: secretsAddon,
  description: "Secrets from Google Secret Manager.",
  namespace: { name: secretsAddon, podSecurity: "restricted" },
  // Its webhook.
  network: () => ({ from: [{ ports: [10250] }], to: [anyHttps] }),
  wave: 0,
  options: z.strictObject(commonOptions),
  chart: {
    name: "external-secrets",
    repository: "https://charts.external-secrets.io",
    version: "2.9.0",
  },
  release: ({ fleet }) => ({
    name: secretsAddon,
    values: {
      ...values,
      serviceAccount: { name: secretsAddon, annotations: accountAnnotation(fleet, "creds") },
    },
  }),
  objects: (scope, { fleet }) => {
    new ApiObject(scope, "store", {
      apiVersion,
      kind: "ClusterSecretStore",
      metadata: { name: secretStore },
      spec: { provider: { gcpsm: { projectID: fleet.cloud.project } } },
    });
    // Argo CD is no add-on: it was there before the kind of this object.
    new SharedSecret(scope, "argocd", {
      fleet,
      namespace: argoNamespace,
      name: argoCdLoginSecret,
      from: "login",
      keys: { clientId: "clientId", clientSecret: "clientSecret" },
      // It reads no Secret without this one.
      labels: { "app.kubernetes.io/part-of": "argocd" },
    });
    for (const secret of workloadSecrets(fleet)) {
      new SharedSecret(scope, secret.name, { fleet, ...secret });
    }
  },
});

const small = { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } };

const values = {
  // Secrets are read for single namespaces; nothing is written back to Google.
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
  resources: small,
  webhook: { resources: small },
  certController: { resources: small },
};

export interface SharedSecretProps {
  readonly fleet: Fleet;
  readonly namespace: string;
  /** Of the Kubernetes Secret, and of the ExternalSecret that fills it. */
  readonly name: string;
  /** What it is for: the secret `<fleet>-<from>` in Google Secret Manager. */
  readonly from: string;
  /**
   * Each key of the Kubernetes Secret, and the field of the JSON object that it is.
   * @default every field, under its own name
   */
  readonly keys?: Readonly<Record<string, string>>;
  /** Of the Kubernetes Secret. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * A Kubernetes Secret whose content is in Google Secret Manager. Nothing at all where the add-on is
 * switched off: then the operator makes the Secret.
 */
export class SharedSecret extends Construct {
  constructor(scope: Construct, id: string, props: SharedSecretProps) {
    super(scope, id);
    const { fleet, namespace, name, from, keys, labels } = props;
    if (!hasAddon(fleet, secretsAddon)) return;
    const key = cloudSecretName(fleet.name, from);
    new ApiObject(this, "secret", {
      apiVersion,
      kind: "ExternalSecret",
      metadata: { name, namespace },
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "ClusterSecretStore", name: secretStore },
        target: {
          name,
          creationPolicy: "Owner",
          // Who loses the store by mistake keeps what runs.
          deletionPolicy: "Retain",
          ...(labels !== undefined && { template: { metadata: { labels } } }),
        },
        ...(keys === undefined
          ? { dataFrom: [{ extract: { key } }] }
          : {
              data: Object.entries(keys).map(([secretKey, property]) => ({
                secretKey,
                remoteRef: { key, property },
              })),
            }),
      },
    });
  }
}
