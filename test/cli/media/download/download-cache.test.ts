/** The cache that all fleets share, and the processes that use it at the same time. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, utimesSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, type TestContext } from "vitest";
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
  trustedKey,
} from "./download-fixture.ts";
import { file } from "./loopback.ts";
import { temporaryFolder } from "../../temporary.ts";

describe("the cache", () => {
  test("a file that changed after it was checked is checked again", async () => {
    const cache = temporaryFolder();
    const origin = await serveIso(file(iso));
    const { path = "" } = await fetchFrom(origin.url + place, cache);
    // The same bytes with another time: read again, nothing downloaded.
    utimesSync(path, 1, 1);
    expect(await fetchFrom(origin.url + place, cache)).toMatchObject({ path });
    expect(origin.visits).toHaveLength(2);
    // Other bytes: downloaded again.
    writeFileSync(path, other);
    expect(await fetchFrom(origin.url + place, cache)).toMatchObject({ path });
    expect(isIso(path)).toBe(true);
    // Without the mark: read again.
    rmSync(`${path}.checked`);
    const visits = origin.visits.length;
    expect(await fetchFrom(origin.url + place, cache)).toMatchObject({ path });
    expect(origin.visits).toHaveLength(visits);
  });

  test("two at once download once", async () => {
    const cache = temporaryFolder();
    const origin = await serveIso([file(iso, { cutAfter: 100_000 }), file(iso)]);
    const results = await Promise.all([1, 2, 3].map(() => fetchFrom(origin.url + place, cache)));
    expect(new Set(results.map(({ path }) => path)).size).toBe(1);
    expect(isoVisits(origin).map(({ sentBytes }) => sentBytes)).toEqual([100_000, 200_000]);
    const waiting = results.filter(({ progress }) => progress.includes("Another flotilla"));
    expect(waiting).toHaveLength(2);
    // What one has checked the others take as it is.
    expect(results.filter(({ progress }) => progress.includes("as pinned"))).toHaveLength(1);
    expect(contents(cache)).toEqual([name, `${name}.checked`, `${name}.sig`]);
  });

  test.each([
    ["a process that is gone", `999999999 ${hostname()} x\n`, new Date()],
    ["a machine that has been silent for long", "1 elsewhere x\n", new Date(Date.now() - 120_000)],
  ])("the lock of %s is stale", async (_who, holder, time) => {
    const cache = temporaryFolder();
    const lock = join(cache, "iso", sha256, "lock");
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, holder);
    utimesSync(lock, time, time);
    const origin = await serveIso(file(iso));
    expect(await fetchFrom(origin.url + place, cache)).toHaveProperty("path");
    expect(contents(cache)).toEqual([name, `${name}.checked`, `${name}.sig`]);
  });

  test("a cache that can't be written is named", async () => {
    const cache = join(temporaryFolder(), "cache");
    writeFileSync(cache, "");
    const { error } = await fetchFrom(`http://127.0.0.1:9${place}`, cache);
    expect(error).toContain("a part of this path is a file where a folder is needed");
  });

  const isRoot = process.platform === "linux" && process.getuid?.() === 0;
  describe.skipIf(!isRoot)("a small disk (skipped for users who may not mount one)", () => {
    const error = async (context: TestContext, length?: null) => {
      const folder = smallFileSystem();
      // A container may forbid it even to root.
      if (folder === undefined) return context.skip("nothing can be mounted here");
      const origin = await serveIso(file(iso, length === undefined ? {} : { length }));
      return (await fetchFrom(origin.url + place, folder)).error;
    };

    test("is not filled where the server says how much will come", async (context) => {
      expect(await error(context)).toMatch(
        /: the disk is full: 293 KiB are needed and 1\d\d KiB are free\. Free some, or name another/,
      );
    });

    test("that fills up in the middle is named", async (context) => {
      expect(await error(context, null)).toMatch(
        /: the disk is full: 0 B are free\. Free some, or name another/,
      );
    });
  });
});

describe("processes", () => {
  const script = join(import.meta.dirname, "fetch-iso-process.ts");

  function start(url: string, cache: string) {
    const keyFile = join(cache, "key.json");
    writeFileSync(keyFile, JSON.stringify(trustedKey));
    const args = ["--import", "tsx", script, url, sha256, cache, keyFile];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (text) => (out += text));
    const done = once(child, "close").then(() => out);
    return { child, done };
  }

  test("one that is killed leaves a part, and the next goes on with it", async () => {
    const cache = temporaryFolder();
    const origin = await serveIso([file(iso, { stallAfter: 100_000 }), file(iso)]);
    const { child, done } = start(origin.url + place, cache);
    const part = join(cache, "iso", sha256, `${name}.part`);
    await expect.poll(() => sizeOf(part), { timeout: 30_000 }).toBe(100_000);
    child.kill("SIGKILL");
    await done;
    expect(sizeOf(join(cache, "iso", sha256, name))).toBeUndefined();

    const next = start(origin.url + place, cache);
    expect(isIso((await next.done).trim())).toBe(true);
    expect(isoVisits(origin).at(-1)).toMatchObject({ range: "bytes=100000-", sentBytes: 200_000 });
    expect(contents(join(cache, "iso"))).toEqual([name, `${name}.checked`, `${name}.sig`]);
  });

  test("three at once download once", async () => {
    const cache = temporaryFolder();
    const origin = await serveIso(file(iso));
    const runs = [1, 2, 3].map(() => start(origin.url + place, cache).done);
    for (const out of await Promise.all(runs)) expect(isIso(out.trim())).toBe(true);
    expect(isoVisits(origin)).toHaveLength(1);
  });
});

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size;

/** A file system of 128 KiB, for one test; undefined where none can be mounted. */
function smallFileSystem(): string | undefined {
  const folder = temporaryFolder();
  try {
    const args = ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder];
    execFileSync("mount", args, { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync("umount", [folder]));
  return folder;
}
