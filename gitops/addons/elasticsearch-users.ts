/**
 * Who may do what in Elasticsearch. Each program has a user of its own with a generated password;
 * people see Kibana as `viewer`, because sign-on stands in front of it.
 *
 * ECK: docs, "Users and roles" (file realm and roles from Secrets); pkg/controller/elasticsearch/
 * user/user_provided.go at v3.5.0. Elasticsearch: docs, "Elasticsearch privileges".
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { GeneratedSecret } from "./generated-secret.ts";

export interface User {
  /** Of the user, and the end of its Secret's name. */
  readonly name: string;
  readonly role: string;
}

/** Kibana's setting by which it signs everyone in who came this far. */
export const anonymousProvider = "xpack.security.authc.providers.anonymous.anonymous1";

export const users = {
  /** Writes logs and can't read them. */
  writer: { name: "log-writer", role: "log_writer" },
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
  readonly fleet: Fleet;
  readonly namespace: string;
}

export class ElasticsearchUsers extends Construct {
  constructor(scope: Construct, id: string, { fleet, namespace }: ElasticsearchUsersProps) {
    super(scope, id);
    new ApiObject(this, "roles", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: rolesSecret, namespace },
      type: "Opaque",
      stringData: { "roles.yml": `${JSON.stringify(roles, undefined, 2)}\n` },
    });
    for (const user of Object.values(users)) {
      new GeneratedSecret(this, user.name, {
        fleet,
        name: userSecret(user),
        namespace,
        type: "kubernetes.io/basic-auth",
        data: { username: user.name, password: "{{ .password }}", roles: user.role },
      });
    }
  }
}
