/**
 * The right to write logs, brought from Elasticsearch's namespace to that of a program which writes
 * some: one Secret with `username`, `password` and `ca.crt`, made by External Secrets and kept in no
 * Git. These objects belong to an add-on's Application, which is tried until their kinds are there.
 *
 * Fields: external-secrets, apis/externalsecrets/v1 (provider `kubernetes`), read at v2.9.0.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { users, userSecret } from "./elasticsearch-users.ts";
import { certificatesSecret, loggingNamespace } from "./elasticsearch.ts";
import { managedByFlotilla } from "../../fleet/model/contract.ts";

/** Name of the Secret. */
export const logWriterSecret = "elasticsearch";

const readerName = "elasticsearch-reader";

export interface LogWriterProps {
  /** Where the Secret is wanted. */
  readonly namespace: string;
}

export class LogWriter extends Construct {
  constructor(scope: Construct, id: string, { namespace }: LogWriterProps) {
    super(scope, id);
    const reader = { name: readerName, namespace };
    const writer = userSecret(users.writer);
    const rights = { name: `${namespace}-log-writer`, namespace: loggingNamespace };
    new ApiObject(this, "account", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: reader,
      automountServiceAccountToken: false,
    });
    new ApiObject(this, "role", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: rights,
      rules: [
        {
          apiGroups: [""],
          resources: ["secrets"],
          resourceNames: [writer, certificatesSecret],
          verbs: ["get"],
        },
      ],
    });
    new ApiObject(this, "binding", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: rights,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: rights.name },
      subjects: [{ kind: "ServiceAccount", ...reader }],
    });
    new ApiObject(this, "store", {
      apiVersion: "external-secrets.io/v1",
      kind: "SecretStore",
      metadata: { name: logWriterSecret, namespace },
      spec: {
        provider: {
          kubernetes: {
            remoteNamespace: loggingNamespace,
            server: {
              caProvider: { type: "ConfigMap", name: "kube-root-ca.crt", key: "ca.crt" },
            },
            auth: { serviceAccount: { name: readerName } },
          },
        },
      },
    });
    const remote = (secretKey: string, key: string) => ({
      secretKey,
      remoteRef: { key, property: secretKey },
    });
    new ApiObject(this, "secret", {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: { name: logWriterSecret, namespace },
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "SecretStore", name: logWriterSecret },
        target: {
          name: logWriterSecret,
          template: {
            mergePolicy: "Merge",
            metadata: { labels: managedByFlotilla },
          },
        },
        data: [
          remote("username", writer),
          remote("password", writer),
          remote("ca.crt", certificatesSecret),
        ],
      },
    });
  }
}
