import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { keeperSettings } from "../../../gitops/addons/elasticsearch-keeper.ts";
import { programText } from "../../../gitops/programs/bundle.ts";
import { elasticsearch } from "../../../gitops/addons/elasticsearch.ts";
import { fluentBit } from "../../../gitops/addons/fluent-bit.ts";
import { mistakesIn, objectsOf, platformFleet, withDevices } from "./platform.ts";

const fleet = platformFleet();

describe("the operator", () => {
  test("has rights in its own namespace alone", () => {
    expect(elasticsearch.release(fleet).values).toMatchObject({
      managedNamespaces: ["logging"],
      createClusterScopedResources: false,
      webhook: { enabled: false },
      config: { validateStorageClass: false },
    });
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
  const shape = (one: typeof fleet) => {
    const object = objectsOf(elasticsearch, one)["Elasticsearch elasticsearch"] as NodeSets;
    const [set] = object.spec.nodeSets;
    return [set?.count, set?.volumeClaimTemplates[0]?.spec.resources.requests.storage];
  };

  test("follows the devices in steps that are far apart, or the operator", () => {
    expect(shape(withDevices(fleet, 3))).toEqual([1, "30Gi"]);
    expect(shape(withDevices(fleet, 200))).toEqual([1, "30Gi"]);
    expect(shape(withDevices(fleet, 300))).toEqual([1, "100Gi"]);
    expect(shape(withDevices(fleet, 2000))).toEqual([3, "250Gi"]);
    expect(shape(platformFleet({ elasticsearch: { size: "large" } }))).toEqual([3, "250Gi"]);
  });

  test("runs as nobody special", () => {
    expect(objectsOf(elasticsearch, fleet)["Elasticsearch elasticsearch"]).toMatchObject({
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

  test("knows its users by generated passwords, of which none is in Git", () => {
    const names = ["log-writer", "log-keeper", "kibana-viewer"].map(
      (name) => `elasticsearch-${name}`,
    );
    expect(objectsOf(elasticsearch, fleet)["Elasticsearch elasticsearch"]).toMatchObject({
      spec: {
        auth: {
          roles: [{ secretName: "elasticsearch-roles" }],
          fileRealm: names.map((secretName) => ({ secretName })),
        },
      },
    });
    for (const name of names) {
      expect(objectsOf(elasticsearch, fleet)[`ExternalSecret ${name}`]).toMatchObject({
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
    const roles = objectsOf(elasticsearch, fleet)["Secret elasticsearch-roles"] as {
      stringData: Record<string, string>;
    };
    expect(JSON.parse(roles.stringData["roles.yml"] ?? "")).toMatchObject({
      log_writer: { indices: [{ privileges: ["create_doc"] }] },
    });
  });

  test("has no passwords to make where External Secrets is off", () => {
    const without = platformFleet({ "external-secrets": { enabled: false } });
    expect(
      Object.keys(objectsOf(elasticsearch, without)).filter((name) => /^(Ex|Pa)/.test(name)),
    ).toEqual([]);
    expect(Object.keys(objectsOf(fluentBit, without))).toEqual([]);
  });
});

test("Kibana signs in whoever came through sign-on, as a viewer", () => {
  expect(objectsOf(elasticsearch, fleet)["Kibana kibana"]).toMatchObject({
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
  expect(elasticsearch.network(fleet).from).toContainEqual({
    namespaces: ["nginx-ingress"],
    ports: [5601],
  });
  expect(objectsOf(elasticsearch, fleet)["Ingress kibana-kb-http"]).toMatchObject({
    metadata: { annotations: { "nginx.org/policies": "oauth2-proxy/sign-on" } },
  });
});

describe("Fluent Bit", () => {
  const values = fluentBit.release(fleet).values as {
    config: Record<string, string>;
    daemonSetVolumeMounts: { name: string; readOnly?: boolean }[];
  };

  test("keeps what it could not deliver, for ever and up to 1 GB", () => {
    expect(values.config["outputs"]).toContain("Retry_Limit no_limits\n");
    expect(values.config["outputs"]).toContain("storage.total_limit_size 1G\n");
    expect(values.config["inputs"]).toContain("storage.type filesystem\n");
  });

  test("writes into a data stream, over TLS that it verifies", () => {
    const output = values.config["outputs"];
    for (const line of [
      "Host elasticsearch-es-http.logging.svc",
      "Port 9200",
      "tls.verify On",
      "tls.ca_file /etc/elasticsearch/ca.crt",
      "Index logs-hub-default",
      "Write_Operation create",
      "Suppress_Type_Name On",
    ]) {
      expect(output).toContain(`    ${line}\n`);
    }
  });

  test("sees the node's logs without changing them, and no secret but one user's", () => {
    expect(values.daemonSetVolumeMounts).toContainEqual({
      name: "varlog",
      mountPath: "/var/log",
      readOnly: true,
    });
    expect(fluentBit.namespace).toEqual({ name: "fluent-bit", podSecurity: "privileged" });
    expect(objectsOf(fluentBit, fleet)["Role fluent-bit-log-writer"]).toMatchObject({
      metadata: { namespace: "logging" },
      rules: [
        {
          resources: ["secrets"],
          resourceNames: ["elasticsearch-log-writer", "elasticsearch-es-http-certs-public"],
          verbs: ["get"],
        },
      ],
    });
  });

  test("reaches Elasticsearch, and Elasticsearch lets it in", () => {
    const port = { ports: [9200] };
    expect(fluentBit.network(fleet).to).toContainEqual({ namespaces: ["logging"], ...port });
    expect(elasticsearch.network(fleet).from).toContainEqual({
      namespaces: ["fluent-bit", "flotilla-gateway"],
      ...port,
    });
  });
});

describe("the keeper of the logs", () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-keeper-"));
  const script = join(folder, "keeper.mjs");
  writeFileSync(script, programText("log-keeper"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const streams = new Map<string, string[]>();
  let asked: string[];
  let available: number;
  let server: Server;

  beforeEach(async () => {
    asked = [];
    available = 50;
    streams.clear();
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const path = request.url ?? "";
        asked.push(`${request.method} ${path}${body && ` ${body.slice(0, 60)}`}`);
        const [status, answer] =
          request.headers.authorization === `Basic ${btoa("log-keeper:secret")}`
            ? reply(request.method ?? "", path)
            : [401, {}];
        response.writeHead(status).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => server.close());

  /** As much of Elasticsearch as the keeper asks for. */
  function reply(method: string, path: string): [number, unknown] {
    if (path === "/_nodes/stats/fs") {
      const total = { total_in_bytes: 100, available_in_bytes: available };
      return [200, { nodes: { a: { fs: { total } }, b: { fs: { total: { ...total } } } } }];
    }
    const names = /^\/_data_stream\/([^/]+)$/.exec(path)?.[1]?.split(",");
    if (names === undefined) return [200, { acknowledged: true }];
    if (method === "PUT") {
      for (const name of names) streams.set(name, [`.ds-${name}-2026.11.23-000001`]);
      return [200, { acknowledged: true }];
    }
    if (!names.every((name) => streams.has(name))) return [404, {}];
    const indices = (name: string) =>
      (streams.get(name) ?? []).map((index_name) => ({ index_name }));
    return [200, { data_streams: names.map((name) => ({ name, indices: indices(name) })) }];
  }

  async function run(password = "secret"): Promise<string> {
    const { port } = server.address() as AddressInfo;
    const settings = keeperSettings({ retentionDays: 7, replicas: 0 });
    const { stdout } = await promisify(execFile)(process.execPath, [script], {
      env: {
        SERVER: `http://127.0.0.1:${port}`,
        NAME: "log-keeper",
        PASSWORD: password,
        SETTINGS: settings,
      },
    });
    return stdout;
  }

  test("makes the streams by their templates, and the second time sets their retention", async () => {
    expect(await run()).toBe("");
    expect(asked.map((line) => line.split(" {")[0])).toEqual([
      "PUT /_index_template/logs-hub-default",
      "GET /_data_stream/logs-hub-default",
      "PUT /_data_stream/logs-hub-default",
      "PUT /_index_template/logs-edge-default",
      "GET /_data_stream/logs-edge-default",
      "PUT /_data_stream/logs-edge-default",
      "GET /_nodes/stats/fs",
    ]);
    asked = [];
    await run();
    expect(asked).toContain(
      'PUT /_data_stream/logs-hub-default/_lifecycle {"data_retention":"7d"}',
    );
    expect(asked).not.toContain("PUT /_data_stream/logs-hub-default");
  });

  test("deletes the oldest index of any stream while the disk is too full", async () => {
    streams.set("logs-hub-default", [
      ".ds-logs-hub-default-2026.11.20-000004",
      ".ds-logs-hub-default-2026.11.21-000005",
    ]);
    streams.set("logs-edge-default", [
      ".ds-logs-edge-default-2026.11.19-000009",
      ".ds-logs-edge-default-2026.11.22-000010",
    ]);
    available = 21;
    expect(await run()).toBe("");
    available = 19;
    expect(await run()).toBe(
      "81 % of the disk are used: deleting .ds-logs-edge-default-2026.11.19-000009\n",
    );
    expect(asked.filter((line) => line.startsWith("DELETE"))).toEqual([
      "DELETE /.ds-logs-edge-default-2026.11.19-000009",
    ]);
  });

  test("never deletes what is written to: it starts anew first", async () => {
    streams.set("logs-hub-default", [".ds-logs-hub-default-2026.11.23-000001"]);
    streams.set("logs-edge-default", [".ds-logs-edge-default-2026.11.23-000001"]);
    available = 5;
    expect(await run()).toBe(
      "95 % of the disk are used, and all of it is of today: rolling over\n",
    );
    expect(asked.slice(-2)).toEqual([
      "POST /logs-hub-default/_rollover",
      "POST /logs-edge-default/_rollover",
    ]);
  });

  test("fails aloud where it is refused", async () => {
    await expect(run("wrong")).rejects.toThrow("/_index_template/logs-hub-default: 401");
  });
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
