/** What the log keeper asks Elasticsearch for; test/gitops/addons/log-retention.test.ts runs it. */
import { expect, test } from "vitest";
import {
  diskShare,
  makeRoom,
  setStreams,
  type Ask,
} from "../../../../gitops/programs/log-keeper/log-keeper.ts";

const settings = { diskShareMax: 0.8, retention: "7d", streams: { a: { of: "a" }, b: {} } };

/** Answers by method and path; whatever has none is not there. */
function elasticsearch(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const ask: Ask = async (method, path, content) => {
    const request = `${method} ${path}`;
    asked.push(content === undefined ? request : `${request} ${JSON.stringify(content)}`);
    return answers[request];
  };
  return { ask, asked };
}

test("a stream that is missing is made, and one that is there gets its retention", async () => {
  const { ask, asked } = elasticsearch({ "GET /_data_stream/b": {} });
  await setStreams(ask, settings);
  expect(asked).toEqual([
    'PUT /_index_template/a {"of":"a"}',
    "GET /_data_stream/a",
    "PUT /_data_stream/a",
    "PUT /_index_template/b {}",
    "GET /_data_stream/b",
    'PUT /_data_stream/b/_lifecycle {"data_retention":"7d"}',
  ]);
});

test("the disk is as full as that of the fullest node", async () => {
  const node = (available: number) => ({
    fs: { total: { available_in_bytes: available, total_in_bytes: 200 } },
  });
  const { ask } = elasticsearch({
    "GET /_nodes/stats/fs": { nodes: { a: node(100), b: node(30) } },
  });
  expect(await diskShare(ask)).toBe(0.85);
});

test("the oldest index goes by its date, then by its number, and none that is written to", async () => {
  const index = (name: string) => ({ index_name: name });
  const { ask, asked } = elasticsearch({
    "GET /_data_stream/a,b": {
      data_streams: [
        { indices: [index(".ds-a-2026.11.21-000002"), index(".ds-a-2026.11.22-000003")] },
        {
          indices: [
            index(".ds-b-2026.11.21-000001"),
            index(".ds-b-2026.11.22-000004"),
            index(".ds-b-2026.11.20-000009"),
          ],
        },
      ],
    },
  });
  const lines: string[] = [];
  await makeRoom(ask, 0.814, settings, (line) => lines.push(line));
  expect(lines).toEqual(["81 % of the disk are used: deleting .ds-b-2026.11.21-000001"]);
  expect(asked.slice(1)).toEqual(["DELETE /.ds-b-2026.11.21-000001"]);
});
