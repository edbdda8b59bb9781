/**
 * The right to write logs, copied from Elasticsearch's namespace to that of a program that writes
 * logs: a Secret with `username`, `password` and `ca.crt`, created by External Secrets and kept out
 * of Git. Needs the add-on external-secrets.
 *
 * Fields: external-secrets, apis/externalsecrets/v1 (provider `kubernetes`), read at v2.9.0.
 */
import { Construct } from "constructs";
import { managedByFlotilla } from "../../fleet/model/contract.ts";
import { ExternalSecret, SecretStore } from "../imports/external-secrets.io.ts";
import { KubeRole, KubeRoleBinding, KubeServiceAccount } from "../imports/k8s.ts";
import { certificatesSecret, loggingNamespace } from "./elasticsearch-service.ts";
import { users, userSecret } from "./elasticsearch-users.ts";

/** Name of the Secret. */
export const logWriterSecret = "elasticsearch";

const readerName = "elasticsearch-reader";
const writer = userSecret(users.writer);

export interface LogWriterProps {
  /** The namespace of the program that writes logs. */
  readonly namespace: string;
}

export class LogWriter extends Construct {
  constructor(scope: Construct, id: string, { namespace }: LogWriterProps) {
    super(scope, id);
    new SecretReader(this, "reader", { namespace });
    new SecretStore(this, "store", {
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
    new ExternalSecret(this, "secret", {
      metadata: { name: logWriterSecret, namespace },
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "SecretStore", name: logWriterSecret },
        target: {
          name: logWriterSecret,
          template: { mergePolicy: "Merge", metadata: { labels: managedByFlotilla } },
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

/** An account that can read the writer's password and Elasticsearch's certificate, and no more. */
class SecretReader extends Construct {
  constructor(scope: Construct, id: string, { namespace }: LogWriterProps) {
    super(scope, id);
    const reader = { name: readerName, namespace };
    const rights = { name: `${namespace}-log-writer`, namespace: loggingNamespace };
    new KubeServiceAccount(this, "account", {
      metadata: reader,
      automountServiceAccountToken: false,
    });
    new KubeRole(this, "role", {
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
    new KubeRoleBinding(this, "binding", {
      metadata: rights,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: rights.name },
      subjects: [{ kind: "ServiceAccount", ...reader }],
    });
  }
}
