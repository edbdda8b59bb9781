/** Charts from a repository on loopback. */
import { describe, expect, test } from "vitest";
import { chartPin } from "../../../cli/pins/chart-pin.ts";
import type { Asking } from "../../../cli/pins/source.ts";
import { redirect, serve, status, type Answer } from "../media/download/loopback.ts";
import { sha256, text } from "./world.ts";

const asking: Asking = {
  patience: { silenceMilliseconds: 300, retryDelaysMilliseconds: [1] },
  say: () => {},
};
const packed = "the packed chart";
const digest = sha256(packed);

function index(versions: readonly string[], more = ""): string {
  const entry = (version: string) => `  - apiVersion: v2
    annotations:
      notes: |
        valkey:
          - not a chart
    digest: ${digest}
    name: valkey
    urls:
    - valkey-${version}.tgz
    version: ${version}
${more}`;
  return `apiVersion: v1
entries:
  other:
  - version: 99.0.0
    urls: [x]
  valkey:
${versions.map(entry).join("")}  zebra:
  - version: 98.0.0
generated: "2026-11-28T00:00:00Z"
`;
}

async function repository(answers: Readonly<Record<string, Answer>>) {
  const { url } = await serve(answers);
  return { repository: `${url}/charts`, version: "1.2.3" };
}

const versions = ["2.0.0", "1.10.0", "1.9.9", "1.11.0-rc.1", "1.2.3"];
const charts = Object.fromEntries(
  versions.map((version) => [`/charts/valkey-${version}.tgz`, text(packed)]),
);

test("the newest stable version of the same major, with the digest of its bytes", async () => {
  const old = await repository({ ...charts, "/charts/index.yaml": text(index(versions)) });
  expect(await chartPin("valkey", old, undefined, asking)).toEqual({
    ...old,
    version: "1.10.0",
    digest,
  });
  expect(await chartPin("valkey", old, "2.0.0", asking)).toEqual({
    ...old,
    version: "2.0.0",
    digest,
  });
});

test("an index in JSON, without a digest, with a URL at another host", async () => {
  const there = await serve({ "/v.tgz": text(packed) });
  const entries = { valkey: [{ version: "1.3.0", urls: [`${there.url}/v.tgz`] }] };
  const old = await repository({ "/charts/index.yaml": text({ entries }) });
  expect(await chartPin("valkey", old, undefined, asking)).toEqual({
    ...old,
    version: "1.3.0",
    digest,
  });
});

test("below 1.0.0 the second number is the major", async () => {
  const list = ["0.4.0", "0.3.9", "0.3.1"];
  const old = await repository({
    "/charts/index.yaml": text(index(list)),
    "/charts/valkey-0.3.9.tgz": text(packed),
  });
  const pinned = { ...old, version: "0.3.1" };
  expect((await chartPin("valkey", pinned, undefined, asking)).version).toBe("0.3.9");
});

describe("is refused", () => {
  const good = { ...charts, "/charts/index.yaml": text(index(versions)) };
  test.each<[string, Record<string, Answer>, string | undefined, object, RegExp]>([
    ["no index", {}, undefined, {}, /the index of a chart repository is not there/],
    [
      "a web page",
      { "/charts/index.yaml": text("<html>Log in</html>") },
      undefined,
      {},
      /found a web page/,
    ],
    [
      "no YAML of an index",
      { "/charts/index.yaml": text("valkey: 1") },
      undefined,
      {},
      /not a valid index/,
    ],
    [
      "broken YAML",
      { "/charts/index.yaml": text("entries:\n  valkey:\n  - {a: [\n") },
      undefined,
      {},
      /not a valid index/,
    ],
    [
      "aliases",
      {
        "/charts/index.yaml": text(
          "entries:\n  valkey:\n  - &a { version: 1.2.4, urls: [x] }\n  - *a\n",
        ),
      },
      undefined,
      {},
      /not a valid index/,
    ],
    [
      "no such chart",
      { "/charts/index.yaml": text("entries:\n  other:\n  - version: 1.2.4\n") },
      undefined,
      {},
      /the chart valkey is missing/,
    ],
    ["no such version", good, "1.2.4", {}, /the chart valkey has no version 1\.2\.4$/],
    [
      "older only",
      { ...good, "/charts/index.yaml": text(index(["1.1.0"])) },
      undefined,
      {},
      /the newest version of the chart valkey is 1\.1\.0, and the lock pins 1\.2\.3\. To pin it anyway: flotilla pin --only charts\/valkey --to 1\.1\.0/,
    ],
    [
      "deprecated only",
      { ...good, "/charts/index.yaml": text(index(["1.3.0"], "    deprecated: true\n")) },
      undefined,
      {},
      /has no version compatible/,
    ],
    [
      "other bytes than in the index",
      { ...good, "/charts/valkey-1.10.0.tgz": text("evil") },
      undefined,
      {},
      /this is not the chart valkey 1\.10\.0 of the index/,
    ],
    [
      "other bytes than in the lock",
      good,
      "1.2.3",
      { digest: "0".repeat(64) },
      /valkey 1\.2\.3 has another sha256 than the lock, and a version must never change/,
    ],
    [
      "a chart that is gone",
      { "/charts/index.yaml": text(index(["1.3.0"])) },
      undefined,
      {},
      /the chart valkey is not there/,
    ],
    [
      "a server that is broken",
      { "/charts/index.yaml": status(500) },
      undefined,
      {},
      /answers 500/,
    ],
    [
      "http elsewhere",
      { "/charts/index.yaml": redirect("http://example.com/") },
      undefined,
      {},
      /not https/,
    ],
  ])("%s", async (_what, answers, to, pinned, message) => {
    const old = { ...(await repository(answers)), ...pinned };
    await expect(chartPin("valkey", old, to, asking)).rejects.toThrow(message);
  });
});
