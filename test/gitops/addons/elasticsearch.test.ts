import { App } from "cdk8s";
import { describe, expect, test } from "vitest";
import { Elasticsearch, elasticsearch } from "../../../gitops/addons/elasticsearch.ts";
import type { ElasticsearchProps } from "../../../gitops/addons/elasticsearch.ts";
import { sizeClasses } from "../../../gitops/addons/size-class.ts";
import { common, mistakesIn, networkOf, objectsOf, valuesOf } from "./platform.ts";

function addon(changes: Partial<ElasticsearchProps> = {}): Elasticsearch {
  return new Elasticsearch(new App(), "elasticsearch", {
    ...common(elasticsearch),
    size: "small",
    host: "kibana.edge.harbor.example",
    nodeImage: "docker.io/library/node:24.21.0-alpine",
    ...changes,
  });
}

test("the operator has rights in its own namespace only", () => {
  expect(valuesOf(addon())).toMatchObject({
    managedNamespaces: ["logging"],
    createClusterScopedResources: false,
    webhook: { enabled: false },
    config: { validateStorageClass: false },
  });
});

interface NodeSets {
  readonly spec: {
    readonly nodeSets: readonly {
      readonly count: number;
      readonly volumeClaimTemplates: readonly {
        readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
      }[];
    }[];
  };
}

describe("Elasticsearch", () => {
  test("has a capacity for each size", () => {
    const found = sizeClasses.map((size) => {
      const object = objectsOf(addon({ size }))["Elasticsearch elasticsearch"] as NodeSets;
      const [set] = object.spec.nodeSets;
      return [set?.count, set?.volumeClaimTemplates[0]?.spec.resources.requests.storage];
    });
    expect(found).toEqual([
      [1, "30Gi"],
      [1, "100Gi"],
      [3, "250Gi"],
    ]);
  });

  test("keeps logs as long as its size allows, or as long as you say", () => {
    const retention = (changes: Partial<ElasticsearchProps>) => {
      const object = objectsOf(addon(changes))["ConfigMap log-keeper"] as {
        readonly data: { readonly settings: string };
      };
      return (JSON.parse(object.data.settings) as { retention: string }).retention;
    };
    expect(retention({})).toBe("7d");
    expect(retention({ size: "large" })).toBe("14d");
    expect(retention({ retentionDays: 90 })).toBe("90d");
  });

  test("runs as a user without rights", () => {
    expect(objectsOf(addon())["Elasticsearch elasticsearch"]).toMatchObject({
      spec: {
        nodeSets: [
          {
            config: { "node.store.allow_mmap": false },
            podTemplate: {
              spec: {
                securityContext: {
                  runAsNonRoot: true,
                  seccompProfile: { type: "RuntimeDefault" },
                },
              },
            },
          },
        ],
      },
    });
  });

  test("knows its users by generated passwords, none of which is in Git", () => {
    const names = ["log-writer", "log-keeper", "kibana-viewer"].map(
      (name) => `elasticsearch-${name}`,
    );
    const objects = objectsOf(addon());
    expect(objects["Elasticsearch elasticsearch"]).toMatchObject({
      spec: {
        auth: {
          roles: [{ secretName: "elasticsearch-roles" }],
          fileRealm: names.map((secretName) => ({ secretName })),
        },
      },
    });
    for (const name of names) {
      expect(objects[`ExternalSecret ${name}`]).toMatchObject({
        spec: {
          refreshPolicy: "CreatedOnce",
          target: {
            template: {
              type: "kubernetes.io/basic-auth",
              metadata: { labels: { "app.kubernetes.io/managed-by": "flotilla" } },
              data: { password: "{{ .password }}" },
            },
          },
          dataFrom: [{ sourceRef: { generatorRef: { kind: "Password", name } } }],
        },
      });
    }
  });

  test("lets the writer write and not read", () => {
    const roles = objectsOf(addon())["Secret elasticsearch-roles"] as {
      stringData: Record<string, string>;
    };
    expect(JSON.parse(roles.stringData["roles.yml"] ?? "")).toMatchObject({
      log_writer: { indices: [{ privileges: ["create_doc"] }] },
    });
  });

  test("has no passwords to generate without External Secrets", () => {
    const objects = objectsOf(addon({ hasExternalSecrets: false, collectsDeviceLogs: true }));
    expect(
      Object.keys(objects).filter((name) => /^(External|Password|SecretStore)/.test(name)),
    ).toEqual([]);
  });

  test("lets the collectors of the gateways write where devices send logs", () => {
    const role = "Role flotilla-gateway-log-writer";
    expect(objectsOf(addon())).not.toHaveProperty([role]);
    expect(objectsOf(addon({ collectsDeviceLogs: true }))).toHaveProperty([role]);
  });

  test("is reached by Fluent Bit and by the collectors", () => {
    expect(networkOf(addon()).from).toContainEqual({
      namespaces: ["fluent-bit", "flotilla-gateway"],
      ports: [9200],
    });
  });
});

test("Kibana signs in whoever has passed sign-on, as a viewer", () => {
  expect(objectsOf(addon())["Kibana kibana"]).toMatchObject({
    spec: {
      http: { tls: { selfSignedCertificate: { disabled: true } } },
      config: {
        "server.publicBaseUrl": "https://kibana.edge.harbor.example",
        "xpack.security.authc.providers": {
          anonymous: { anonymous1: { order: 0, credentials: { username: "kibana-viewer" } } },
          basic: { basic1: { order: 1 } },
        },
      },
      secureSettings: [
        {
          secretName: "elasticsearch-kibana-viewer",
          entries: [
            {
              key: "password",
              path: "xpack.security.authc.providers.anonymous.anonymous1.credentials.password",
            },
          ],
        },
      ],
    },
  });
  expect(networkOf(addon()).from).toContainEqual({ namespaces: ["nginx-ingress"], ports: [5601] });
  expect(objectsOf(addon())["Ingress kibana-kb-http"]).toMatchObject({
    metadata: { annotations: { "nginx.org/policies": "oauth2-proxy/sign-on" } },
  });
  expect(objectsOf(addon({ hasIngress: false }))).not.toHaveProperty(["Ingress kibana-kb-http"]);
});

describe("bad input", () => {
  test("is refused at its place, with what to write instead", () => {
    expect(
      mistakesIn(`elasticsearch:
  size: tiny
  retentionDays: 1.5
fluent-bit:
  retention: 3
`),
    ).toMatchInlineSnapshot(`
      [
        "14:13: platform.addons.elasticsearch.size: found "tiny". Write one of: small, medium, large.",
        "15:22: platform.addons.elasticsearch.retentionDays: found 1.5. Write a whole number.",
        "17:7: platform.addons.fluent-bit.retention: unknown key "retention". Known keys: enabled, values.",
      ]
    `);
  });
});
