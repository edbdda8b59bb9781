/** Getting the base ISO from a server that is good, and from servers that have trouble. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  contents,
  fetchFrom,
  iso,
  isIso,
  isoVisits,
  name,
  other,
  place,
  serveIso,
  sha256,
  signature,
  sizeBytes,
} from "./download-fixture.ts";
import { file, redirect, serve, status, type Answer } from "./loopback.ts";
import { temporaryFolder } from "../../temporary.ts";

describe("a good server", () => {
  test("gives the ISO once, for every later call", async () => {
    const cache = temporaryFolder();
    const origin = await serveIso(file(iso));
    const first = await fetchFrom(origin.url + place, cache);
    expect(first.error).toBeUndefined();
    expect(first.path).toBe(join(cache, "iso", sha256, name));
    expect(isIso(first.path)).toBe(true);
    expect(first.progress).toContain("sha256 as pinned, signed by Fedora 99");
    expect(contents(cache)).toEqual([name, `${name}.checked`, `${name}.sig`]);

    const second = await fetchFrom(origin.url + place, cache);
    expect(second).toEqual({ path: first.path, progress: "" });
    expect(origin.visits).toHaveLength(2);
  });
});

describe("a connection that breaks", () => {
  test("goes on where it was, and not a byte comes twice", async () => {
    const origin = await serveIso([
      file(iso, { etag: '"a"', cutAfter: 100_000 }),
      file(iso, { etag: '"a"', cutAfter: 50_000 }),
      file(iso, { etag: '"a"' }),
    ]);
    const { path, progress } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(isIso(path)).toBe(true);
    expect(isoVisits(origin)).toEqual([
      { path: place, range: undefined, ifRange: undefined, sentBytes: 100_000 },
      { path: place, range: "bytes=100000-", ifRange: '"a"', sentBytes: 50_000 },
      { path: place, range: "bytes=150000-", ifRange: '"a"', sentBytes: 150_000 },
    ]);
    expect(progress).toMatch(
      /127\.0\.0\.1:\d+: the connection broke \(UND_ERR_SOCKET\); trying again/,
    );
  });

  test("is given up in the end; the next run goes on from there", async () => {
    const cache = temporaryFolder();
    const cut = file(iso, { etag: '"a"', cutAfter: 100_000 });
    const nothing = file(iso, { etag: '"a"', cutAfter: 0 });
    const origin = await serveIso([cut, nothing, nothing, nothing, file(iso, { etag: '"a"' })]);
    const first = await fetchFrom(origin.url + place, cache);
    expect(first.error).toContain("the connection broke");
    expect(first.error).toContain(`  ${origin.url}${place}\n  sha256 ${sha256}\n`);
    expect(first.error).toContain("The downloaded part (97.7 KiB) is kept");
    expect(first.error).toContain("--base <file>");
    expect(contents(cache)).toEqual([`${name}.part`, `${name}.part.validator`, `${name}.sig`]);

    const second = await fetchFrom(origin.url + place, cache);
    expect(isIso(second.path)).toBe(true);
    expect(second.progress).toContain("Downloading the rest of");
    expect(isoVisits(origin).at(-1)).toMatchObject({ range: "bytes=100000-", sentBytes: 200_000 });
    expect(contents(cache)).toEqual([name, `${name}.checked`, `${name}.sig`]);
  });

  test("counts as broken when no byte comes", async () => {
    const origin = await serveIso([file(iso, { stallAfter: 100_000 }), file(iso)]);
    const { path, progress } = await fetchFrom(origin.url + place, temporaryFolder(), 300);
    expect(isIso(path)).toBe(true);
    expect(progress).toContain("received nothing for 0.3 s; trying again in 0.001 s");
    expect(isoVisits(origin).at(-1)).toMatchObject({ range: "bytes=100000-", sentBytes: 200_000 });
  });

  test("does not count as broken while it is slow", async () => {
    const slow: Answer = (_request, response) => {
      response.writeHead(200, { "content-length": iso.length });
      const step = iso.length / 10;
      const send = (start: number) => {
        response.write(iso.subarray(start, start + step));
        if (start + step < iso.length) setTimeout(send, 200, start + step);
        else response.end();
      };
      send(0);
    };
    const origin = await serveIso(slow);
    const { path } = await fetchFrom(origin.url + place, temporaryFolder(), 1_000);
    expect(isIso(path)).toBe(true);
    expect(isoVisits(origin)).toHaveLength(1);
  });

  test("starts over where the server knows no ranges", async () => {
    const cut = file(iso, { cutAfter: 100_000 });
    const origin = await serveIso([cut, file(iso, { ranges: false })]);
    const { path } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(isIso(path)).toBe(true);
    expect(isoVisits(origin).map(({ sentBytes }) => sentBytes)).toEqual([100_000, 300_000]);
  });

  test("starts over where what is there is longer than the file", async () => {
    const longer = Buffer.concat([iso, other]);
    const origin = await serveIso([file(longer, { cutAfter: sizeBytes + 1000 }), file(iso)]);
    const { path, progress } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(isIso(path)).toBe(true);
    expect(progress).toContain("is shorter than the part that was downloaded before");
    expect(isoVisits(origin).map(({ sentBytes }) => sentBytes)).toEqual([301_000, 0, 300_000]);
  });

  test("starts over where the server has another file by now", async () => {
    const origin = await serveIso([
      file(other, { etag: '"old"', cutAfter: 100_000 }),
      file(iso, { etag: '"new"' }),
    ]);
    const { path } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(isIso(path)).toBe(true);
    const [, second] = isoVisits(origin);
    expect(second).toMatchObject({ ifRange: '"old"', sentBytes: 300_000 });
  });

  test("starts over where a server sends a part of another file anyway", async () => {
    const careless: Answer = (_request, response) => {
      const range = `bytes 100000-299999/300000`;
      response.writeHead(206, { etag: '"new"', "content-range": range });
      response.end(iso.subarray(100_000));
    };
    const cut = file(other, { etag: '"old"', cutAfter: 100_000 });
    const origin = await serveIso([cut, careless, file(iso)]);
    const { path, progress } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(isIso(path)).toBe(true);
    expect(progress).toContain("sent another part than was requested");
    expect(isoVisits(origin).at(-1)).toMatchObject({ range: undefined, sentBytes: 300_000 });
  });

  test("starts over, once, where the pieces make no whole", async () => {
    const origin = await serveIso([file(other, { cutAfter: 100_000 }), file(iso), file(iso)]);
    const { path, progress } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(isIso(path)).toBe(true);
    expect(progress).toContain("The pieces do not fit together; downloading all of it again");
    expect(isoVisits(origin).map(({ sentBytes }) => sentBytes)).toEqual([
      100_000, 200_000, 300_000,
    ]);
  });
});

describe("a server that has trouble", () => {
  test("is asked again after 500, 503 and 429", async () => {
    const origin = await serveIso([status(500), status(503), status(429), file(iso)]);
    const { path, progress } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(isIso(path)).toBe(true);
    expect(progress).toContain(`${origin.url}${place} answers 503; trying again`);
  });

  test.each([404, 410])("is not asked again after %d", async (code) => {
    const origin = await serveIso(status(code));
    const { error } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(error).toBe(
      `${origin.url}${place} answers ${code}. Fedora no longer has this build. Pin today's: flotilla pin`,
    );
    expect(isoVisits(origin)).toHaveLength(1);
  });

  test("that promises more than it has is asked for the rest, and the hash decides", async () => {
    const origin = await serveIso([
      file(iso, { length: sizeBytes + 1000, cutAfter: sizeBytes }),
      file(iso),
    ]);
    const { path } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(isIso(path)).toBe(true);
    expect(isoVisits(origin).at(-1)).toMatchObject({ range: "bytes=300000-", sentBytes: 0 });
  });

  test("that promises less than it has gives wrong bytes", async () => {
    const short: Answer = (_request, response) => {
      response.writeHead(200, { "content-length": 1000 }).end(iso.subarray(0, 1000));
    };
    const cache = temporaryFolder();
    const { error } = await fetchFrom((await serveIso(short)).url + place, cache);
    expect(error).toContain("these are not the pinned bytes; removed");
    expect(error).toContain("(0.98 KiB)");
  });

  test("that promises more than any ISO has is not believed", async () => {
    const origin = await serveIso(file(iso, { length: 1e15 }));
    const { error } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(error).toBe(`${origin.url}${place}: larger than 16.0 GiB, so no live ISO`);
  });

  test("that is not there is named, with what to get and how to give it", async () => {
    const { error } = await fetchFrom(`http://127.0.0.1:9${place}`, temporaryFolder());
    expect(error).toContain("127.0.0.1:9");
    expect(error).toContain(`  http://127.0.0.1:9${place}\n  sha256 ${sha256}\n`);
    expect(error).toContain("--base <file> (make iso … BASE=<file>).");
  });
});

describe("redirections", () => {
  test("are followed", async () => {
    const origin = await serve({
      [place]: redirect("/mirror"),
      "/mirror": redirect("/nearer"),
      "/nearer": file(iso),
      [`${place}.sig`]: file(signature),
    });
    const { path } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(path?.endsWith(name)).toBe(true);
    expect(isIso(path)).toBe(true);
  });

  test("in a circle end", async () => {
    const origin = await serveIso(redirect(place));
    const { error } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(error).toBe(`${origin.url}${place}: more than 5 redirections, one after the other`);
    expect(isoVisits(origin)).toHaveLength(6);
  });

  test("to plain http are refused", async () => {
    const origin = await serveIso(redirect("http://mirror.example/fedora.iso"));
    const { error } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(error).toBe(
      `${origin.url}${place} redirects to http://mirror.example/fedora.iso, which is not https; ` +
        "nothing is downloaded that way",
    );
  });

  test("plain http is refused from the start", async () => {
    const url = "http://mirror.example/fedora.iso";
    const { error } = await fetchFrom(url, temporaryFolder());
    expect(error).toBe(`${url}.sig is not https; nothing is downloaded that way`);
  });
});
