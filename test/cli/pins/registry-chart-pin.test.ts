/** Charts from a registry on loopback, which is right, wrong or wants a token. */
import { describe, expect, test } from "vitest";
import { chartPin } from "../../../cli/pins/chart-pin.ts";
import type { Asking } from "../../../cli/pins/source.ts";
import { serve, status, type Answer } from "../media/download/loopback.ts";
import { hostOf, sha256, text, withDigest } from "./world.ts";

const asking: Asking = {
  patience: { silenceMilliseconds: 300, retryDelaysMilliseconds: [1] },
  say: () => {},
};
const manifest = JSON.stringify({
  schemaVersion: 2,
  config: { mediaType: "application/vnd.cncf.helm.config.v1+json" },
  layers: [{ mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip" }],
});
const digest = sha256(manifest);
const repository = "/v2/charts/till";
const list = `${repository}/tags/list`;
const first = `${list}?n=1000`;
const tags = (...names: string[]) => text({ name: "charts/till", tags: names });

async function registry(answers: Readonly<Record<string, Answer | readonly Answer[]>>) {
  const origin = await serve(answers);
  return { repository: `oci://${hostOf(origin)}/charts`, version: "1.2.3" };
}

const good = {
  [first]: tags("2.0.0", "1.10.0", "1.9.9", "1.11.0-rc.1", "latest", "1.2.3"),
  [`${repository}/manifests/1.10.0`]: withDigest(manifest),
  [`${repository}/manifests/1.2.3`]: withDigest(manifest),
  [`${repository}/manifests/1.2.3_b1`]: withDigest(manifest),
};

test("the newest stable version of the same major, with the digest of its manifest", async () => {
  const old = await registry(good);
  const pin = { ...old, version: "1.10.0", digest };
  expect(await chartPin("till", old, undefined, asking)).toEqual(pin);
});

test("a version with a plus is a tag with an underscore", async () => {
  const old = await registry(good);
  const pin = { ...old, version: "1.2.3+b1", digest };
  expect(await chartPin("till", old, "1.2.3+b1", asking)).toEqual(pin);
});

test("a list of several pages, whose next one is never asked of another host", async () => {
  const next: Answer = (_request, response) =>
    void response
      .writeHead(200, { link: '<https://evil.example/v2/x/tags/list?last=1.2.3&n=1>; rel="next"' })
      .end(JSON.stringify({ tags: ["1.2.3"] }));
  const old = await registry({
    ...good,
    [first]: next,
    [`${list}?last=1.2.3&n=1`]: tags("1.10.0"),
  });
  expect((await chartPin("till", old, undefined, asking)).version).toBe("1.10.0");
});

test("a registry that wants a token gives one to everybody", async () => {
  const guarded =
    (then: Answer): Answer =>
    (request, response, visit) => {
      if (request.headers.authorization === "Bearer abc") return then(request, response, visit);
      const challenge = `Bearer realm="http://${request.headers.host ?? ""}/token",service="s"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    };
  const old = await registry({
    ...Object.fromEntries(Object.entries(good).map(([path, answer]) => [path, guarded(answer)])),
    "/token?service=s&scope=repository%3Acharts%2Ftill%3Apull": text({ token: "abc" }),
  });
  expect((await chartPin("till", old, undefined, asking)).digest).toBe(digest);
});

describe("is refused", () => {
  const endless: Answer = (_request, response) =>
    void response.writeHead(200, { link: `<${first}>; rel="next"` }).end('{"tags":[]}');
  const image = JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: "application/vnd.oci.image.config.v1+json" },
    layers: [],
  });
  const newest = `${repository}/manifests/1.10.0`;
  test.each<[string, Record<string, Answer>, object, RegExp]>([
    ["no chart", {}, {}, /charts\/till: the registry has no such chart/],
    [
      "no tags",
      { [first]: text({ tags: null }) },
      {},
      /till has no version compatible with 1\.2\.3/,
    ],
    [
      "older tags only",
      { [first]: tags("1.1.0") },
      {},
      /the newest version of the chart till is 1\.1\.0/,
    ],
    ["a web page", { [first]: text("<html>Log in</html>") }, {}, /found a web page/],
    ["no JSON", { [first]: text("tags") }, {}, /not valid JSON/],
    ["tags that are numbers", { [first]: text({ tags: [1] }) }, {}, /not a list of tags/],
    ["an endless list", { [first]: endless }, {}, /the list of tags does not end/],
    ["a login", { [first]: status(403) }, {}, /the registry requires a login/],
    ["a broken server", { [first]: status(500) }, {}, /answers 500/],
    ["an image", { ...good, [newest]: text(image) }, {}, /not a manifest of a chart/],
    [
      "another manifest than promised",
      { ...good, [newest]: withDigest(manifest, `sha256:${"0".repeat(64)}`) },
      {},
      /the manifest is not what the registry says/,
    ],
    [
      "another manifest than in the lock",
      good,
      { version: "1.10.0", digest: "0".repeat(64) },
      /till 1\.10\.0 has another sha256 than the lock, and a version must never change/,
    ],
  ])("%s", async (_what, answers, pinned, message) => {
    const old = { ...(await registry(answers)), ...pinned };
    await expect(chartPin("till", old, undefined, asking)).rejects.toThrow(message);
  });
});
