/**
 * How long Elasticsearch keeps logs: the retention of its data streams, and room on its disk.
 *
 * The interface: elastic.co/docs, "Creating a data stream with a lifecycle", "Data stream retention";
 * all of it is in the free license.
 */
import type { LogKeeperSettings } from "./settings.ts";

/** A request to Elasticsearch: the answer's content, or undefined where nothing is there. */
export type Ask = (
  method: "GET" | "PUT" | "POST" | "DELETE",
  path: string,
  content?: unknown,
) => Promise<unknown>;

/** Writes the templates, makes the streams that are missing, and sets the retention of the others. */
export async function setStreams(
  ask: Ask,
  { streams, retention }: LogKeeperSettings,
): Promise<void> {
  for (const [name, template] of Object.entries(streams)) {
    await ask("PUT", `/_index_template/${name}`, template);
    const present = await ask("GET", `/_data_stream/${name}`);
    if (present === undefined) await ask("PUT", `/_data_stream/${name}`);
    else await ask("PUT", `/_data_stream/${name}/_lifecycle`, { data_retention: retention });
  }
}

interface NodeStatistics {
  readonly nodes: Readonly<
    Record<
      string,
      { fs: { total: { readonly available_in_bytes: number; readonly total_in_bytes: number } } }
    >
  >;
}

/** The share in use on the fullest node. */
export async function diskShare(ask: Ask): Promise<number> {
  const { nodes } = (await ask("GET", "/_nodes/stats/fs")) as NodeStatistics;
  const shares = Object.values(nodes).map(
    ({ fs: { total } }) => 1 - total.available_in_bytes / total.total_in_bytes,
  );
  return Math.max(...shares);
}

interface DataStreams {
  readonly data_streams: readonly {
    readonly indices: readonly { readonly index_name: string }[];
  }[];
}

/** Deletes the oldest index, whatever the retention says. The one that is written to stays. */
export async function makeRoom(
  ask: Ask,
  share: number,
  { streams }: LogKeeperSettings,
  log: (line: string) => void,
): Promise<void> {
  const names = Object.keys(streams);
  const answer = (await ask("GET", `/_data_stream/${names.join(",")}`)) as DataStreams;
  const [oldest] = answer.data_streams
    .flatMap(({ indices }) => indices.slice(0, -1).map(({ index_name }) => index_name))
    .toSorted((a, b) => (age(a) < age(b) ? -1 : 1));
  const used = `${(share * 100).toFixed(0)} % of the disk are used`;
  if (oldest !== undefined) {
    log(`${used}: deleting ${oldest}`);
    await ask("DELETE", `/${oldest}`);
    return;
  }
  // Only indices that are written to are left. A rollover makes them old for the next run.
  log(`${used}, and all of it is of today: rolling over`);
  for (const name of names) await ask("POST", `/${name}/_rollover`);
}

/** ".ds-logs-hub-default-2026.11.23-000007": the date and the number say the age. */
function age(index: string): string {
  return index.slice(-17);
}
