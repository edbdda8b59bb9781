/**
 * Logs: Elastic's operator (ECK) with an Elasticsearch and a Kibana, on the free license.
 *
 * The operator has rights in its own namespace only, so it has no webhook; an invalid object shows in
 * its status instead. Whoever opens Kibana has passed sign-on, and can read everything and change
 * nothing. For more rights there is the user `elastic`, at /login?auth_provider_hint=basic1, whose
 * password is in the Secret elasticsearch-es-elastic-user.
 *
 * Values: the chart's values.yaml and templates at v3.5.0, read on 2026-11-23; its samples name
 * Elastic 9.4.3.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import { gatewayNamespace } from "../../fleet/model/contract.ts";
import type { Values } from "../../fleet/model/values.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import { ElasticsearchCluster } from "./elasticsearch-cluster.ts";
import { elasticsearchPort, loggingNamespace } from "./elasticsearch-service.ts";
import { ElasticsearchUsers } from "./elasticsearch-users.ts";
import { Kibana, kibanaPort, kibanaService } from "./kibana.ts";
import { LogRetention } from "./log-retention.ts";
import { LogWriter } from "./log-writer.ts";
import { elasticsearchAddon, fluentBitNamespace, ingressAddon, secretsAddon } from "./names.ts";
import { ProtectedHost } from "./protected-host.ts";
import { defaultSize, retentionOption, sizeOption, type SizeClass } from "./size-class.ts";

/** The version of Elasticsearch and Kibana. */
const version = "9.4.3";

export const elasticsearch = defineAddon({
  name: elasticsearchAddon,
  description: "Logs: Elasticsearch and Kibana.",
  options: z.strictObject({
    ...commonOptions,
    size: sizeOption,
    retentionDays: retentionOption("logs"),
  }),
  chart: { name: "eck-operator", repository: "https://helm.elastic.co", version: "3.5.0" },
  create: (scope, hub, { size, ...props }) =>
    new Elasticsearch(scope, elasticsearchAddon, {
      ...props,
      size: size ?? defaultSize(hub.deviceCount),
      host: hub.hosts.kibana,
      nodeImage: hub.nodeImage,
      hasIngress: hub.has(ingressAddon),
      hasExternalSecrets: hub.has(secretsAddon),
      collectsDeviceLogs: hub.collectsDeviceLogs ?? false,
    }),
});

export interface ElasticsearchProps extends AddonProps {
  readonly size: SizeClass;
  /** Days that logs are kept while the disk has room. @default by the size */
  readonly retentionDays?: number | undefined;
  /** Host of Kibana. */
  readonly host: string;
  /** Image of Node with its tag, for the program that enforces retention. */
  readonly nodeImage: string;
  /** Whether F5 NGINX Ingress Controller serves the host. @default true */
  readonly hasIngress?: boolean;
  /**
   * Whether External Secrets generates passwords and copies them to the programs that need them.
   * Without it you create those Secrets. @default true
   */
  readonly hasExternalSecrets?: boolean;
  /** Whether the gateways write logs of devices. @default false */
  readonly collectsDeviceLogs?: boolean;
}

interface Capacity {
  readonly nodes: number;
  /** The memory of each node; half of it is Java's heap. */
  readonly memory: string;
  /** The storage of each node. */
  readonly storage: string;
  readonly retentionDays: number;
}

/** One node while a day without logs is acceptable; three have a copy of everything. */
const capacities: Readonly<Record<SizeClass, Capacity>> = {
  small: { nodes: 1, memory: "2Gi", storage: "30Gi", retentionDays: 7 },
  medium: { nodes: 1, memory: "4Gi", storage: "100Gi", retentionDays: 14 },
  large: { nodes: 3, memory: "8Gi", storage: "250Gi", retentionDays: 14 },
};

export class Elasticsearch extends Addon {
  constructor(scope: Construct, id: string, props: ElasticsearchProps) {
    super(scope, id, {
      ...props,
      name: elasticsearchAddon,
      releaseName: "elastic-operator",
      namespace: loggingNamespace,
      from: [
        // Logs of the hub, and those of devices from the collector beside each gateway.
        { namespaces: [fluentBitNamespace, gatewayNamespace], ports: [elasticsearchPort] },
        { namespaces: [ingressAddon], ports: [kibanaPort] },
      ],
      to: [anyHttps],
      wave: 1,
      defaults,
    });
    const { objects } = this;
    const { size, host, nodeImage, hasIngress = true, hasExternalSecrets = true } = props;
    const { nodes, memory, storage, ...capacity } = capacities[size];
    const { retentionDays = capacity.retentionDays, collectsDeviceLogs = false } = props;
    new ElasticsearchUsers(objects, "users", {
      namespace: loggingNamespace,
      generatePasswords: hasExternalSecrets,
    });
    new ElasticsearchCluster(objects, "elasticsearch", { version, nodes, memory, storage });
    new Kibana(objects, "kibana", { version, host });
    if (hasIngress) {
      const service = { namespace: loggingNamespace, service: kibanaService, port: kibanaPort };
      new ProtectedHost(objects, "host", { host, ...service });
    }
    if (collectsDeviceLogs && hasExternalSecrets) {
      new LogWriter(objects, "collector", { namespace: gatewayNamespace });
    }
    const replicas = nodes > 1 ? 1 : 0;
    new LogRetention(objects, "retention", { image: nodeImage, retentionDays, replicas });
  }
}

const defaults: Values = {
  managedNamespaces: [loggingNamespace],
  createClusterScopedResources: false,
  webhook: { enabled: false },
  // It has no right to read storage classes.
  config: { validateStorageClass: false },
  telemetry: { disabled: true },
  podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
  resources: podResources("50m", 150, 512),
};
