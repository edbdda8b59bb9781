/**
 * Users of Elasticsearch and their rights. Each program has a user with a generated password; people
 * use Kibana as `viewer`, because sign-on is in front of it.
 *
 * ECK: docs, "Users and roles" (file realm and roles from Secrets); pkg/controller/elasticsearch/
 * user/user_provided.go at v3.5.0. Elasticsearch: docs, "Elasticsearch privileges".
 */
import { Construct } from "constructs";
import { KubeSecret } from "../imports/k8s.ts";
import { GeneratedSecret } from "./generated-secret.ts";

export interface User {
  /** The name of the user, and the end of its Secret's name. */
  readonly name: string;
  readonly role: string;
}

/** Kibana's setting by which it signs in everyone who opens it. */
export const anonymousProvider = "xpack.security.authc.providers.anonymous.anonymous1";

export const users = {
  /** Writes logs and cannot read them. */
  writer: { name: "log-writer", role: "log_writer" },
  /** Enforces the retention. */
  keeper: { name: "log-keeper", role: "log_keeper" },
  /** `viewer` is Elasticsearch's own role: it reads all data and changes nothing. */
  viewer: { name: "kibana-viewer", role: "viewer" },
} as const satisfies Record<string, User>;

const streams = ["logs-hub-*", "logs-edge-*"];

/** The file roles.yml. JSON is YAML. */
const roles = {
  log_writer: { indices: [{ names: streams, privileges: ["create_doc"] }] },
  log_keeper: {
    cluster: ["monitor", "manage_index_templates"],
    indices: [{ names: streams, privileges: ["manage"] }],
  },
};

export const rolesSecret = "elasticsearch-roles";

/** The Secret with `username` and `password`. */
export function userSecret({ name }: User): string {
  return `elasticsearch-${name}`;
}

export interface ElasticsearchUsersProps {
  readonly namespace: string;
  /** Whether External Secrets generates the passwords; without it you create the Secrets. */
  readonly generatePasswords: boolean;
}

export class ElasticsearchUsers extends Construct {
  constructor(scope: Construct, id: string, props: ElasticsearchUsersProps) {
    super(scope, id);
    const { namespace, generatePasswords } = props;
    new KubeSecret(this, "roles", {
      metadata: { name: rolesSecret, namespace },
      type: "Opaque",
      stringData: { "roles.yml": `${JSON.stringify(roles, undefined, 2)}\n` },
    });
    if (!generatePasswords) return;
    for (const user of Object.values(users)) {
      new GeneratedSecret(this, user.name, {
        name: userSecret(user),
        namespace,
        type: "kubernetes.io/basic-auth",
        data: { username: user.name, password: "{{ .password }}", roles: user.role },
      });
    }
  }
}
