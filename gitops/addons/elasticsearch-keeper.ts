/**
 * What Elasticsearch's operator has no word for without Elastic's enterprise license: how long logs
 * are kept. A small program runs every ten minutes: it writes the templates of the log streams, makes
 * the streams, and deletes the oldest logs where the disk is fuller than it may be, whatever the
 * retention says. Below that share Elasticsearch goes on writing (its flood stage is 95 %). The
 * program is gitops/programs/log-keeper/; here is what it is told.
 */
import type { LogKeeperSettings } from "../programs/log-keeper/settings.ts";

/** Streams of logs: from the hub's own pods, and from the devices. */
export const logStreams = ["logs-hub-default", "logs-edge-default"] as const;

/** Of the disk's size; older logs make room above it. */
export const diskShareMax = 0.8;

export interface StreamSettings {
  readonly retentionDays: number;
  /** Copies beside the first: none on one node. */
  readonly replicas: number;
}

/** The body of the index template of a stream. */
function template(stream: string, { retentionDays, replicas }: StreamSettings): unknown {
  return {
    index_patterns: [stream],
    data_stream: {},
    // Above Elastic's own for logs-*-*, which keeps everything for ever.
    priority: 500,
    template: {
      lifecycle: { data_retention: `${retentionDays}d` },
      settings: {
        number_of_shards: 1,
        number_of_replicas: replicas,
        "index.codec": "best_compression",
        // A program that writes ever new fields loses those, and not its lines.
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
          // Labels are anybody's: as fields of their own they would contradict each other.
          kubernetes: { properties: { labels: { type: "flattened" } } },
        },
      },
    },
  };
}

/** For the program's environment variable SETTINGS. */
export function keeperSettings(settings: StreamSettings): string {
  const { retentionDays } = settings;
  const content: LogKeeperSettings = {
    diskShareMax,
    retention: `${retentionDays}d`,
    streams: Object.fromEntries(logStreams.map((stream) => [stream, template(stream, settings)])),
  };
  return JSON.stringify(content);
}
