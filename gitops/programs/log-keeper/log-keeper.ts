/**
 * How long Elasticsearch keeps logs: the retention of its data streams, and room on its disk.
 *
 * The interface: elastic.co/docs, "Creating a data stream with a lifecycle", "Data stream retention";
 * all of it is in the free license.
 */
import { fieldsOf } from "../shared/json.ts";
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

/** The share in use on the fullest node. */
export async function diskShare(ask: Ask): Promise<number> {
  const nodes = fieldsOf(fieldsOf(await ask("GET", "/_nodes/stats/fs"))?.["nodes"]) ?? {};
  const shares = Object.values(nodes).map((node) => {
    const total = fieldsOf(fieldsOf(fieldsOf(node)?.["fs"])?.["total"]);
    return 1 - Number(total?.["available_in_bytes"]) / Number(total?.["total_in_bytes"]);
  });
  // Without a node, or with a number that is missing, it is -Infinity or NaN.
  const share = shares.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!(share >= 0 && share <= 1)) throw new Error("Elasticsearch does not say how full it is");
  return share;
}

/** Deletes the oldest index, whatever the retention says. The one that is written to stays. */
export async function makeRoom(
  ask: Ask,
  share: number,
  { streams }: LogKeeperSettings,
  log: (line: string) => void,
): Promise<void> {
  const names = Object.keys(streams);
  const answer = fieldsOf(await ask("GET", `/_data_stream/${names.join(",")}`));
  const [oldest] = listOf(answer?.["data_streams"])
    .flatMap((stream) => listOf(fieldsOf(stream)?.["indices"]).slice(0, -1).map(indexName))
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

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A path of a request that deletes: a name like `*` would delete everything. */
function indexName(index: unknown): string {
  const name = fieldsOf(index)?.["index_name"];
  if (typeof name !== "string" || !/^[.a-z0-9][-._a-z0-9]{17,254}$/.test(name)) {
    throw new Error("Elasticsearch names an index that it cannot have");
  }
  return name;
}
