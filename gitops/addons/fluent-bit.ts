/**
 * Fluent Bit on every node of the hub: it reads what the pods print and writes it to Elasticsearch.
 * What it cannot deliver waits on the node's disk, 1 GB at most.
 *
 * It has a namespace of its own, because it mounts folders of the node. It needs Elasticsearch's
 * password and certificate; External Secrets copies them.
 *
 * Values: the chart's values.yaml and templates at 0.58.1 (Fluent Bit 5.1.1), read on 2026-11-23.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import type { Values } from "../../fleet/model/values.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources, restrictedContainer } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import {
  elasticsearchHost,
  elasticsearchPort,
  loggingNamespace,
  logStreams,
} from "./elasticsearch-service.ts";
import { LogWriter, logWriterSecret } from "./log-writer.ts";
import {
  elasticsearchAddon,
  fluentBitNamespace,
  monitoringNamespace,
  secretsAddon,
} from "./names.ts";

/** Port of its own metrics. */
const metricsPort = 2020;

export const fluentBit = defineAddon({
  name: "fluent-bit",
  description: "Logs of the hub's pods, written to Elasticsearch; off if that is off.",
  needs: [elasticsearchAddon],
  options: z.strictObject(commonOptions),
  chart: {
    name: "fluent-bit",
    repository: "https://fluent.github.io/helm-charts",
    version: "0.58.1",
  },
  create: (scope, { has }, props) =>
    new FluentBit(scope, "fluent-bit", { ...props, hasExternalSecrets: has(secretsAddon) }),
});

export interface FluentBitProps extends AddonProps {
  /**
   * Whether External Secrets copies Elasticsearch's password and certificate. Without it you create
   * the Secret `elasticsearch` in its namespace. @default true
   */
  readonly hasExternalSecrets?: boolean;
}

export class FluentBit extends Addon {
  constructor(scope: Construct, id: string, props: FluentBitProps) {
    super(scope, id, {
      ...props,
      name: "fluent-bit",
      namespace: fluentBitNamespace,
      // It mounts folders of the node, which no lower level allows.
      podSecurity: "privileged",
      from: [{ namespaces: [monitoringNamespace], ports: [metricsPort] }],
      to: [anyHttps, { namespaces: [loggingNamespace], ports: [elasticsearchPort] }],
      wave: 2,
      defaults,
    });
    const { hasExternalSecrets = true } = props;
    if (hasExternalSecrets) {
      new LogWriter(this.objects, "log-writer", { namespace: fluentBitNamespace });
    }
  }
}

const [hubStream] = logStreams;

const defaults: Values = {
  testFramework: { enabled: false },
  // The logs of containers belong to root. It has no other right.
  securityContext: { ...restrictedContainer, runAsUser: 0, privileged: false },
  podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
  resources: podResources("25m", 64, 192),
  // On the gateways' nodes too.
  tolerations: [{ operator: "Exists" }],
  env: ["username", "password"].map((key) => ({
    name: `ELASTICSEARCH_${key.toUpperCase()}`,
    valueFrom: { secretKeyRef: { name: logWriterSecret, key } },
  })),
  daemonSetVolumes: [
    { name: "varlog", hostPath: { path: "/var/log" } },
    { name: "state", hostPath: { path: "/var/lib/fluent-bit", type: "DirectoryOrCreate" } },
    {
      name: "elasticsearch",
      secret: { secretName: logWriterSecret, items: [{ key: "ca.crt", path: "ca.crt" }] },
    },
  ],
  daemonSetVolumeMounts: [
    { name: "varlog", mountPath: "/var/log", readOnly: true },
    { name: "state", mountPath: "/var/lib/fluent-bit" },
    { name: "elasticsearch", mountPath: "/etc/elasticsearch", readOnly: true },
  ],
  config: {
    service: `[SERVICE]
    Daemon Off
    Flush 5
    Log_Level warn
    Parsers_File /fluent-bit/etc/parsers.conf
    HTTP_Server On
    HTTP_Listen 0.0.0.0
    HTTP_Port ${metricsPort}
    Health_Check On
    storage.path /var/lib/fluent-bit/buffer
    storage.max_chunks_up 32
    storage.backlog.mem_limit 16M
`,
    inputs: `[INPUT]
    Name tail
    Path /var/log/containers/*.log
    multiline.parser cri
    Tag kube.*
    DB /var/lib/fluent-bit/tail.db
    Skip_Long_Lines On
    storage.type filesystem
`,
    filters: `[FILTER]
    Name kubernetes
    Match kube.*
    Merge_Log Off
    Annotations Off
    K8S-Logging.Exclude On
`,
    outputs: `[OUTPUT]
    Name es
    Match kube.*
    Host ${elasticsearchHost}
    Port ${elasticsearchPort}
    HTTP_User \${ELASTICSEARCH_USERNAME}
    HTTP_Passwd \${ELASTICSEARCH_PASSWORD}
    tls On
    tls.verify On
    tls.ca_file /etc/elasticsearch/ca.crt
    Index ${hubStream}
    Write_Operation create
    Suppress_Type_Name On
    Retry_Limit no_limits
    storage.total_limit_size 1G
`,
    customParsers: "",
  },
};
