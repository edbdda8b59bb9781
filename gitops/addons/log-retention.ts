/**
 * How long logs are kept, which Elastic's operator configures only with the enterprise license. A
 * small program runs every ten minutes. It writes the templates of the log streams, creates the
 * streams, and deletes the oldest logs while the disk is fuller than allowed, whatever the retention
 * is. Elasticsearch goes on writing at that share (its flood stage is 95 %). The program is
 * gitops/programs/log-keeper/.
 */
import { Construct } from "constructs";
import { KubeConfigMap, KubeCronJob, type Container, type PodSpec } from "../imports/k8s.ts";
import { containerResources, restrictedContainer, restrictedPod } from "../kubernetes/pods.ts";
import { programText } from "../programs/bundle.ts";
import type { LogKeeperSettings } from "../programs/log-keeper/settings.ts";
import {
  certificatesSecret,
  elasticsearchHost,
  elasticsearchPort,
  loggingNamespace,
  logStreams,
} from "./elasticsearch-service.ts";
import { users, userSecret } from "./elasticsearch-users.ts";

/** The share of the disk's size above which the oldest logs are deleted. */
const diskShareMax = 0.8;

export interface StreamSettings {
  readonly retentionDays: number;
  /** Copies beside the first: 0 on one node. */
  readonly replicas: number;
}

export interface LogRetentionProps extends StreamSettings {
  /** Image of Node with its tag. */
  readonly image: string;
}

const name = "log-keeper";
const scriptFolder = "/etc/flotilla";
const scriptFile = "keeper.mjs";
const certificatesFolder = "/etc/elasticsearch";

export class LogRetention extends Construct {
  constructor(scope: Construct, id: string, { image, ...settings }: LogRetentionProps) {
    super(scope, id);
    const metadata = { name, namespace: loggingNamespace };
    new KubeConfigMap(this, "settings", {
      metadata,
      data: { [scriptFile]: programText("log-keeper"), settings: keeperSettings(settings) },
    });
    new KubeCronJob(this, "job", {
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
            template: { spec: podSpec(image) },
          },
        },
      },
    });
  }
}

function podSpec(image: string): PodSpec {
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { ...restrictedPod, fsGroup: restrictedPod.runAsGroup },
    containers: [container(image)],
    volumes: [
      { name: "script", configMap: { name } },
      { name: "certificates", secret: { secretName: certificatesSecret } },
    ],
  };
}

function container(image: string): Container {
  const secret = (key: string) => ({
    valueFrom: { secretKeyRef: { name: userSecret(users.keeper), key } },
  });
  return {
    name: "keeper",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", `${scriptFolder}/${scriptFile}`],
    env: [
      { name: "SERVER", value: `https://${elasticsearchHost}:${elasticsearchPort}` },
      { name: "NODE_EXTRA_CA_CERTS", value: `${certificatesFolder}/ca.crt` },
      { name: "NAME", ...secret("username") },
      { name: "PASSWORD", ...secret("password") },
      { name: "SETTINGS", valueFrom: { configMapKeyRef: { name, key: "settings" } } },
    ],
    securityContext: restrictedContainer,
    resources: containerResources({ cpu: "10m", memory: "64Mi" }, { memory: "128Mi" }),
    volumeMounts: [
      { name: "script", mountPath: scriptFolder, readOnly: true },
      { name: "certificates", mountPath: certificatesFolder, readOnly: true },
    ],
  };
}

/** The value of the program's environment variable SETTINGS. */
export function keeperSettings(settings: StreamSettings): string {
  const { retentionDays } = settings;
  const content: LogKeeperSettings = {
    diskShareMax,
    retention: `${retentionDays}d`,
    streams: Object.fromEntries(logStreams.map((stream) => [stream, template(stream, settings)])),
  };
  return JSON.stringify(content);
}

/** The body of a stream's index template. */
function template(stream: string, { retentionDays, replicas }: StreamSettings): unknown {
  return {
    index_patterns: [stream],
    data_stream: {},
    // Above Elastic's own template for logs-*-*, which keeps everything for ever.
    priority: 500,
    template: {
      lifecycle: { data_retention: `${retentionDays}d` },
      settings: {
        number_of_shards: 1,
        number_of_replicas: replicas,
        "index.codec": "best_compression",
        // A program that writes ever new fields loses those fields, and not its lines.
        "index.mapping.total_fields.limit": 1000,
        "index.mapping.total_fields.ignore_dynamic_beyond_limit": true,
      },
      mappings: {
        dynamic_templates: [
          {
            text: {
              match_mapping_type: "string",
              mapping: { type: "keyword", ignore_above: 1024 },
            },
          },
        ],
        properties: {
          "@timestamp": { type: "date" },
          log: { type: "match_only_text" },
          // Anybody chooses labels: as fields of their own they would have conflicting types.
          kubernetes: { properties: { labels: { type: "flattened" } } },
        },
      },
    },
  };
}
