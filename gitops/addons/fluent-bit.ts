/**
 * Fluent Bit on every node of the hub: it reads what the pods print and writes it to Elasticsearch.
 * What it could not deliver waits on the node's disk, 1 GB at most.
 *
 * It has a namespace of its own, since it mounts folders of the node. The password and the
 * certificate that it needs are Elasticsearch's; External Secrets brings them over.
 *
 * Values: the chart's values.yaml and templates at 0.58.1 (Fluent Bit 5.1.1), read on 2026-11-23.
 */
import { hasAddon } from "../../fleet/model/addons.ts";
import { z } from "zod";
import { anyHttps } from "../kubernetes/network.ts";
import { LogWriter, logWriterSecret } from "./log-writer.ts";
import { addon, commonOptions } from "./addon.ts";
import { logStreams } from "./elasticsearch-keeper.ts";
import {
  collectorNamespace,
  elasticsearchHost,
  elasticsearchPort,
  loggingNamespace,
} from "./elasticsearch.ts";
import { secretsAddon } from "./names.ts";

/** Of Fluent Bit's own metrics. */
export const fluentBitPort = 2020;

export const fluentBit = addon({
  name: "fluent-bit",
  description: "Logs: what the hub's pods print, into Elasticsearch; off where that is off.",
  needs: ["elasticsearch"],
  // Folders of the node, which no lower level allows.
  namespace: { name: collectorNamespace, podSecurity: "privileged" },
  network: () => ({
    from: [{ namespaces: ["monitoring"], ports: [fluentBitPort] }],
    to: [anyHttps, { namespaces: [loggingNamespace], ports: [elasticsearchPort] }],
  }),
  wave: 2,
  options: z.strictObject(commonOptions),
  chart: {
    name: "fluent-bit",
    repository: "https://fluent.github.io/helm-charts",
    version: "0.58.1",
  },
  release: () => ({ name: "fluent-bit", values }),
  objects: (scope, { fleet }) => {
    // Without it the operator makes the Secret.
    if (!hasAddon(fleet, secretsAddon)) return;
    new LogWriter(scope, "log-writer", { namespace: collectorNamespace });
  },
});

const [hubStream] = logStreams;

const values = {
  testFramework: { enabled: false },
  // Root reads the logs of the containers, which are root's; it may do nothing else.
  securityContext: {
    runAsUser: 0,
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
  podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
  resources: { requests: { cpu: "25m", memory: "64Mi" }, limits: { memory: "192Mi" } },
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
    HTTP_Port ${fluentBitPort}
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
