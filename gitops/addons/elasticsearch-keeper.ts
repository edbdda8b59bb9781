/**
 * What Elasticsearch's operator has no word for without Elastic's enterprise license: how long logs
 * are kept. A small program runs every ten minutes: it writes the templates of the log streams, makes
 * the streams, and deletes the oldest logs where the disk is fuller than it may be, whatever the
 * retention says. Below that share Elasticsearch goes on writing (its flood stage is 95 %).
 *
 * The interface: elastic.co/docs, "Creating a data stream with a lifecycle", "Data stream retention";
 * all of it is in the free license. It was read, and tried against a server of the test's own.
 */

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
  return JSON.stringify({
    diskShareMax,
    retention: `${retentionDays}d`,
    streams: Object.fromEntries(logStreams.map((stream) => [stream, template(stream, settings)])),
  });
}

/** Plain JavaScript without packages, run by Node alone. */
export const keeperScript = `// Written by flotilla: how long Elasticsearch keeps logs.
import { env } from "node:process";

const { SERVER, NAME, PASSWORD } = env;
const { diskShareMax, retention, streams } = JSON.parse(env.SETTINGS);
const names = Object.keys(streams);
const authorization = "Basic " + Buffer.from(NAME + ":" + PASSWORD).toString("base64");

/** The answer, or undefined where nothing is there. */
async function ask(method, path, body) {
  const headers = { authorization, "content-type": "application/json" };
  const answer = await fetch(SERVER + path, {
    method,
    headers,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(method + " " + path + ": " + answer.status + " " + text);
  return JSON.parse(text);
}

async function setStreams() {
  for (const name of names) {
    await ask("PUT", "/_index_template/" + name, streams[name]);
    const present = await ask("GET", "/_data_stream/" + name);
    if (present === undefined) await ask("PUT", "/_data_stream/" + name);
    else await ask("PUT", "/_data_stream/" + name + "/_lifecycle", { data_retention: retention });
  }
}

/** The share in use on the fullest node. */
async function diskShare() {
  const { nodes } = await ask("GET", "/_nodes/stats/fs");
  const shares = Object.values(nodes).map(
    ({ fs: { total } }) => 1 - total.available_in_bytes / total.total_in_bytes,
  );
  return Math.max(...shares);
}

/** ".ds-logs-hub-default-2026.11.23-000007": the date and the number say the age. */
const age = (index) => index.slice(-17);

async function makeRoom(share) {
  const { data_streams } = await ask("GET", "/_data_stream/" + names.join(","));
  const old = data_streams
    .flatMap(({ indices }) => indices.slice(0, -1).map(({ index_name }) => index_name))
    .sort((a, b) => (age(a) < age(b) ? -1 : 1));
  const used = (share * 100).toFixed(0) + " % of the disk are used";
  if (old.length > 0) {
    console.log(used + ": deleting " + old[0]);
    await ask("DELETE", "/" + old[0]);
    return;
  }
  // Only what is written to right now is left: a new start makes it old for the next time.
  console.log(used + ", and all of it is of today: rolling over");
  for (const name of names) await ask("POST", "/" + name + "/_rollover");
}

await setStreams();
const share = await diskShare();
if (share > diskShareMax) await makeRoom(share);
`;
