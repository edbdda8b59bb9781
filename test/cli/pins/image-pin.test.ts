/** Digests of images from a registry on loopback, which is right, wrong, slow or not there. */
import { describe, expect, test } from "vitest";
import { imagePin } from "../../../cli/pins/image-pin.ts";
import type { Asking } from "../../../cli/pins/source.ts";
import { redirect, serve, status, type Answer } from "../media/download/loopback.ts";
import { hostOf, manifest, registry, sha256, text, withDigest } from "./world.ts";

const said: string[] = [];
const asking: Asking = {
  patience: {
    silenceMilliseconds: 300,
    retryDelaysMilliseconds: [1, 1],
    smallFileMilliseconds: 900,
  },
  say: (line) => void said.push(line),
};
const digest = `sha256:${sha256(manifest)}`;

test("the digest is that of the bytes, and an old one is replaced", async () => {
  const origin = await registry();
  const image = `${hostOf(origin)}/team/app:1`;
  for (const old of [image, `${image}@sha256:${"0".repeat(64)}`]) {
    expect(await imagePin(old, undefined, asking)).toBe(`${image}@${digest}`);
  }
});

test("a registry without the header is believed as far as its bytes go", async () => {
  const origin = await registry(text(manifest));
  expect(await imagePin(`${hostOf(origin)}/team/app:1`, undefined, asking)).toContain(`@${digest}`);
});

test("another tag is pinned by name", async () => {
  const origin = await serve({ "/v2/team/app/manifests/2": withDigest(manifest) });
  const host = hostOf(origin);
  expect(await imagePin(`${host}/team/app:1`, "2", asking)).toBe(`${host}/team/app:2@${digest}`);
});

test("a registry that wants a token gives one to everybody, which goes to it alone", async () => {
  const seen: (string | undefined)[] = [];
  const elsewhere = await registry((request, response) => {
    seen.push(request.headers.authorization);
    withDigest(manifest)(request, response, undefined as never);
  });
  const guarded: Answer = (request, response) => {
    const { authorization, host = "" } = request.headers;
    if (authorization === "Bearer abc") {
      response.writeHead(307, { location: `${elsewhere.url}/v2/team/app/manifests/1` }).end();
      return;
    }
    const realm = `http://${host}/token`;
    const challenge = `Bearer realm="${realm}",service="the registry",scope="x"`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
  };
  const origin = await registry(guarded, {
    "/token?service=the+registry&scope=repository%3Ateam%2Fapp%3Apull": text({ token: "abc" }),
  });
  expect(await imagePin(`${hostOf(origin)}/team/app:1`, undefined, asking)).toContain(digest);
  expect(seen).toEqual([undefined]);
  expect(said).toContain(`${hostOf(origin)} redirects to ${hostOf(elsewhere)}`);
});

test("a registry that asks to wait gets its time", async () => {
  const busy: Answer = (_request, response) =>
    void response.writeHead(429, { "retry-after": "1" }).end();
  const origin = await registry([busy, withDigest(manifest)]);
  const start = Date.now();
  expect(await imagePin(`${hostOf(origin)}/team/app:1`, undefined, asking)).toContain(digest);
  expect(Date.now() - start).toBeGreaterThanOrEqual(990);
});

describe("is refused", () => {
  const endless: Answer = (_request, response) => {
    response.writeHead(200);
    const more = () => {
      if (!response.destroyed) response.write(Buffer.alloc(65_536, 32), () => setImmediate(more));
    };
    more();
  };
  const drip: Answer = (_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(" "), 50);
    response.on("close", () => clearInterval(timer));
  };
  const cut: Answer = (_request, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("{", () => setTimeout(() => response.destroy(), 20));
  };
  const later: Answer = (_request, response) =>
    void response.writeHead(503, { "retry-after": "86400" }).end();
  test.each<[string, Answer, RegExp]>([
    [
      "other bytes than promised",
      withDigest(manifest, `sha256:${"0".repeat(64)}`),
      /is not what the registry says\n {2}expected sha256:000/,
    ],
    [
      "a web page",
      text("<!DOCTYPE html><title>Log in</title>"),
      /expected the manifest of an image, found a web page\. Log in/,
    ],
    ["what is not JSON", text("hello"), /is not valid JSON$/],
    ["other JSON", text({ errors: [] }), /this is not a manifest of an image$/],
    ["schema 1", text({ schemaVersion: 1, name: "app" }), /this is not a manifest of an image$/],
    ["no such tag", status(404), /the registry has no such image/],
    ["a login", status(401), /the registry requires a login/],
    ["forbidden", status(403), /the registry requires a login/],
    ["broken", status(500), /answers 500$/],
    ["tomorrow", later, /answers 503$/],
    ["an endless answer", endless, /longer than 4194304 bytes/],
    ["a slow answer", drip, /not complete after 0\.9 s/],
    ["a cut answer", cut, /the connection broke/],
    ["silence", () => {}, /received nothing for 0\.3 s/],
    ["a redirect to http", redirect("http://example.com/x"), /is not https; nothing is downloaded/],
    ["redirects in a circle", redirect("/v2/team/app/manifests/1"), /more than 5 redirections/],
  ])("%s", async (_what, answer, message) => {
    const origin = await registry(answer);
    await expect(imagePin(`${hostOf(origin)}/team/app:1`, undefined, asking)).rejects.toThrow(
      message,
    );
  });
});
