/**
 * Logs: Elastic's operator (ECK) with an Elasticsearch and a Kibana, on the free license.
 *
 * The operator has rights in its own namespace alone, so it has no webhook; a wrong object shows in
 * its status instead. Who opens Kibana came through sign-on and sees everything, changing nothing;
 * for more there is the user `elastic`, at /login?auth_provider_hint=basic1, whose password is in the
 * Secret elasticsearch-es-elastic-user.
 *
 * Values: the chart's values.yaml and templates at v3.5.0, read on 2026-11-23; its samples name
 * Elastic 9.4.3.
 */
import { hasAddon } from "../../fleet/model/addons.ts";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { z } from "zod";
import { gatewayNamespace } from "../../fleet/model/contract.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { LogWriter } from "./log-writer.ts";
import { telemetryKeepers } from "../telemetry/telemetry.ts";
import { addon, commonOptions } from "./addon.ts";
import { programText } from "../programs/bundle.ts";
import { keeperSettings } from "./elasticsearch-keeper.ts";
import {
  anonymousProvider,
  ElasticsearchUsers,
  rolesSecret,
  users,
  userSecret,
} from "./elasticsearch-users.ts";
import { ingressAddon, secretsAddon } from "./names.ts";
import { Page } from "./page.ts";
import { sizeOf, sizeOption, type Size } from "./size.ts";

export const loggingNamespace = "logging";

/** Of the namespace in which Fluent Bit runs, which may look into the nodes. */
export const collectorNamespace = "fluent-bit";

export const elasticsearchName = "elasticsearch";

/** The Service and the Secret with the certificate of its authority are the operator's. */
export const elasticsearchHost = `${elasticsearchName}-es-http.${loggingNamespace}.svc`;
export const elasticsearchPort = 9200;
export const certificatesSecret = `${elasticsearchName}-es-http-certs-public`;

const version = "9.4.3";
const kibanaPort = 5601;
const keeperName = "log-keeper";

const schema = z.strictObject({
  ...commonOptions,
  size: sizeOption,
  retentionDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe("Days that logs are kept while the disk has room; default: by the size."),
});

interface Shape {
  readonly nodes: number;
  /** Of each node; half of it is Java's heap. */
  readonly memory: string;
  /** Of each node. */
  readonly storage: string;
  readonly retentionDays: number;
}

/** One node up to where a day without logs would hurt; three keep a copy of everything. */
const shapes: Readonly<Record<Size, Shape>> = {
  small: { nodes: 1, memory: "2Gi", storage: "30Gi", retentionDays: 7 },
  medium: { nodes: 1, memory: "4Gi", storage: "100Gi", retentionDays: 14 },
  large: { nodes: 3, memory: "8Gi", storage: "250Gi", retentionDays: 14 },
};

export const elasticsearch = addon({
  name: "elasticsearch",
  description: "Logs: Elasticsearch and Kibana.",
  namespace: { name: loggingNamespace, podSecurity: "restricted" },
  network: () => ({
    from: [
      // The hub's logs, and the devices' by the collector beside each gateway.
      { namespaces: [collectorNamespace, gatewayNamespace], ports: [elasticsearchPort] },
      { namespaces: [ingressAddon], ports: [kibanaPort] },
    ],
    to: [anyHttps],
  }),
  wave: 1,
  options: schema,
  chart: { name: "eck-operator", repository: "https://helm.elastic.co", version: "3.5.0" },
  release: () => ({ name: "elastic-operator", values }),
  objects: (scope, { fleet, options }) => {
    const shape = shapes[sizeOf(fleet, options.size)];
    const { retentionDays = shape.retentionDays } = options;
    new ElasticsearchUsers(scope, "users", { fleet, namespace: loggingNamespace });
    new Elasticsearch(scope, "elasticsearch", shape);
    new Kibana(scope, "kibana", { fleet });
    if (telemetryKeepers(fleet) !== null && hasAddon(fleet, secretsAddon)) {
      new LogWriter(scope, "collector", { namespace: gatewayNamespace });
    }
    new Keeper(scope, "keeper", { fleet, retentionDays, replicas: shape.nodes > 1 ? 1 : 0 });
  },
});

const values = {
  managedNamespaces: [loggingNamespace],
  createClusterScopedResources: false,
  webhook: { enabled: false },
  // It has no right to see storage classes.
  config: { validateStorageClass: false },
  telemetry: { disabled: true },
  podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
  resources: {
    requests: { cpu: "50m", memory: "150Mi" },
    limits: { memory: "512Mi" },
  },
};

const podSecurity = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  fsGroup: 1000,
  seccompProfile: { type: "RuntimeDefault" },
};

class Elasticsearch extends Construct {
  constructor(scope: Construct, id: string, { nodes, memory, storage }: Shape) {
    super(scope, id);
    const { writer, keeper, viewer } = users;
    new ApiObject(this, "elasticsearch", {
      apiVersion: "elasticsearch.k8s.elastic.co/v1",
      kind: "Elasticsearch",
      metadata: { name: elasticsearchName, namespace: loggingNamespace },
      spec: {
        version,
        // Whoever switches the add-on off by mistake gets the logs back.
        volumeClaimDeletePolicy: "DeleteOnScaledownOnly",
        auth: {
          roles: [{ secretName: rolesSecret }],
          fileRealm: [writer, keeper, viewer].map((user) => ({ secretName: userSecret(user) })),
        },
        nodeSets: [
          {
            name: "default",
            count: nodes,
            // Instead of a privileged container that sets the node's vm.max_map_count.
            config: { "node.store.allow_mmap": false },
            podTemplate: {
              spec: {
                automountServiceAccountToken: false,
                securityContext: podSecurity,
                containers: [
                  {
                    name: "elasticsearch",
                    resources: { requests: { cpu: "250m", memory }, limits: { memory } },
                  },
                ],
              },
            },
            volumeClaimTemplates: [
              {
                metadata: { name: "elasticsearch-data" },
                spec: {
                  accessModes: ["ReadWriteOnce"],
                  resources: { requests: { storage } },
                },
              },
            ],
          },
        ],
      },
    });
  }
}

class Kibana extends Construct {
  constructor(scope: Construct, id: string, { fleet }: { readonly fleet: Fleet }) {
    super(scope, id);
    const { platform } = fleet;
    if (platform === null) throw new Error("Kibana is a page of the platform");
    const host = platform.hosts.kibana;
    new ApiObject(this, "kibana", {
      apiVersion: "kibana.k8s.elastic.co/v1",
      kind: "Kibana",
      metadata: { name: "kibana", namespace: loggingNamespace },
      spec: {
        version,
        count: 1,
        elasticsearchRef: { name: elasticsearchName },
        // TLS ends at the ingress, which alone reaches it.
        http: { tls: { selfSignedCertificate: { disabled: true } } },
        config: {
          "server.publicBaseUrl": `https://${host}`,
          "telemetry.optIn": false,
          "xpack.security.authc.selector.enabled": false,
          "xpack.security.authc.providers": {
            anonymous: { anonymous1: { order: 0, credentials: { username: users.viewer.name } } },
            basic: { basic1: { order: 1 } },
          },
        },
        secureSettings: [
          {
            secretName: userSecret(users.viewer),
            entries: [{ key: "password", path: `${anonymousProvider}.credentials.password` }],
          },
        ],
        podTemplate: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: podSecurity,
            containers: [
              {
                name: "kibana",
                resources: {
                  requests: { cpu: "100m", memory: "1Gi" },
                  limits: { memory: "1536Mi" },
                },
              },
            ],
          },
        },
      },
    });
    new Page(this, "page", {
      fleet,
      host,
      namespace: loggingNamespace,
      service: "kibana-kb-http",
      port: kibanaPort,
    });
  }
}

interface KeeperProps {
  readonly fleet: Fleet;
  readonly retentionDays: number;
  readonly replicas: number;
}

class Keeper extends Construct {
  constructor(scope: Construct, id: string, { fleet, retentionDays, replicas }: KeeperProps) {
    super(scope, id);
    const metadata = { name: keeperName, namespace: loggingNamespace };
    new ApiObject(this, "settings", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: {
        "keeper.mjs": programText("log-keeper"),
        settings: keeperSettings({ retentionDays, replicas }),
      },
    });
    new ApiObject(this, "job", {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: {
        schedule: "*/10 * * * *",
        concurrencyPolicy: "Forbid",
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          spec: {
            backoffLimit: 1,
            activeDeadlineSeconds: 300,
            template: { spec: keeperPod(fleet.pins.images.node) },
          },
        },
      },
    });
  }
}

function keeperPod(image: string): unknown {
  const secret = (key: string) => ({
    valueFrom: { secretKeyRef: { name: userSecret(users.keeper), key } },
  });
  const settings = { configMapKeyRef: { name: keeperName, key: "settings" } };
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { ...podSecurity, runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534 },
    containers: [
      {
        name: "keeper",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["node", "/etc/flotilla/keeper.mjs"],
        env: [
          { name: "SERVER", value: `https://${elasticsearchHost}:${elasticsearchPort}` },
          { name: "NODE_EXTRA_CA_CERTS", value: "/etc/elasticsearch/ca.crt" },
          { name: "NAME", ...secret("username") },
          { name: "PASSWORD", ...secret("password") },
          { name: "SETTINGS", valueFrom: settings },
        ],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
        volumeMounts: [
          { name: "script", mountPath: "/etc/flotilla", readOnly: true },
          { name: "certificates", mountPath: "/etc/elasticsearch", readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "script", configMap: { name: keeperName } },
      { name: "certificates", secret: { secretName: certificatesSecret } },
    ],
  };
}
