import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheFolder } from "../../../../cli/media/download/pinned-iso.ts";
import { formatBytes, formatProgress, progressMeter } from "../../../../cli/terminal/progress.ts";

const mebibyte = 1024 ** 2;

describe("the meter", () => {
  /** What is shown for one report a second, at 10 MiB each. */
  function shown(terminal: boolean, seconds: number): string[] {
    const lines: string[] = [];
    const show = (line: string) => void lines.push(line);
    const session = { progress: terminal ? () => {} : show, ...(terminal && { redraw: show }) };
    let time = 0;
    const meter = progressMeter("base.iso", session, () => time);
    for (let second = 0; second <= seconds; second++) {
      time = second * 1000;
      meter.report(second * 10 * mebibyte, 1000 * mebibyte);
    }
    return lines;
  }

  test("redraws one line on a terminal", () => {
    expect(shown(true, 100)).toHaveLength(101);
    expect(shown(true, 3)).toEqual([
      "base.iso: 0% of 0.98 GiB",
      "base.iso: 1% of 0.98 GiB, 10.0 MiB/s, 1:39 left",
      "base.iso: 2% of 0.98 GiB, 10.0 MiB/s, 1:38 left",
      "base.iso: 3% of 0.98 GiB, 10.0 MiB/s, 1:37 left",
    ]);
  });

  test("writes a line every ten seconds elsewhere, and a last one", () => {
    const lines = shown(false, 100);
    expect(lines).toHaveLength(11);
    expect(lines.slice(0, 2)).toEqual([
      "base.iso: 0% of 0.98 GiB",
      "base.iso: 10% of 0.98 GiB, 10.0 MiB/s, 1:30 left",
    ]);
    expect(lines.at(-1)).toBe("base.iso: 100% of 0.98 GiB, 10.0 MiB/s");
  });

  test("forgets how fast it was before", () => {
    const lines: string[] = [];
    let time = 0;
    const redraw = (line: string) => void lines.push(line);
    const meter = progressMeter("base.iso", { progress() {}, redraw }, () => time);
    let done = 0;
    for (let second = 0; second < 60; second++) {
      time = second * 1000;
      done += second < 30 ? 100 * mebibyte : mebibyte;
      meter.report(done, undefined);
    }
    expect(lines.at(-1)).toBe("base.iso: 2.96 GiB, 1.00 MiB/s");
  });

  test("has no speed below nothing when a server starts over", () => {
    const lines: string[] = [];
    let time = 0;
    const redraw = (line: string) => void lines.push(line);
    const meter = progressMeter("base.iso", { progress() {}, redraw }, () => time);
    for (const done of [0, 500, 100, 300]) {
      meter.report(done, 1000);
      time += 1000;
    }
    expect(lines.slice(2)).toEqual([
      "base.iso: 10% of 0.98 KiB",
      "base.iso: 30% of 0.98 KiB, 200 B/s, 0:04 left",
    ]);
  });
});

test.each([
  [0, 0, undefined, "100% of 0 B"],
  [999, 1000, 0, "99% of 0.98 KiB, 0 B/s"],
  [0, 4000 * 3600, 1000, "0% of 13.7 MiB, 0.98 KiB/s, 4:00:00 left"],
])("%d of %s bytes at %s a second: %s", (done, total, speed, text) => {
  expect(formatProgress(done, total, speed)).toBe(text);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "0.98 KiB"],
  [123 * 1024, "123 KiB"],
  [1.02 * 1024 ** 3, "1.02 GiB"],
  [5000 * 1024 ** 4, "5000 TiB"],
])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [{ FLOTILLA_CACHE: "/a", XDG_CACHE_HOME: "/b" }, "/a"],
  [{ FLOTILLA_CACHE: "a" }, join(process.cwd(), "a")],
  [{ FLOTILLA_CACHE: "", XDG_CACHE_HOME: "/b" }, "/b/flotilla"],
  [{ XDG_CACHE_HOME: "b" }, join(homedir(), ".cache/flotilla")],
  [{}, join(homedir(), ".cache/flotilla")],
])("the cache of %j is %s", (environment, folder) => {
  expect(cacheFolder(environment)).toBe(folder);
});
